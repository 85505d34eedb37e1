"""Finds the facts that sentences and tables state, and names them by a vocabulary of relations."""
