"""The supervisor: asks each component whether it is well, and starts or replaces it."""
