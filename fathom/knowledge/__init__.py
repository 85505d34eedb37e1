"""Computes names and facts without I/O: normalization, name resolution, validity, clustering, isolation of contexts."""
