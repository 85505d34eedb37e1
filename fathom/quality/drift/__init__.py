"""Compares what documents are made of with a chosen reference, and keeps its false alarms within a yearly budget."""

from fathom.quality.drift.drift_result import DriftMethod, DriftResult, Look
from fathom.quality.drift.look_budget import look_level
from fathom.quality.drift.sample_comparison import compare_categories, compare_embeddings, compare_values

__all__ = [
    "DriftMethod",
    "DriftResult",
    "Look",
    "compare_categories",
    "compare_embeddings",
    "compare_values",
    "look_level",
]
