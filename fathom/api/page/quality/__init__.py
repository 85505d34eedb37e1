"""The pages `/quality`: health and checks, metrics with plots, components, alerts."""
