"""The supervisor: checks each component, and starts or replaces it."""
