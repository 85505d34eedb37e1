"""Asset checks of each document, with their thresholds."""
