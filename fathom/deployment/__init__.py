"""The deployment: its components, their supervision, and the examination behind `fathom doctor`."""
