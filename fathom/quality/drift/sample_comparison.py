"""Compares the current documents with those of a reference: values, categories and embeddings, a result for each method."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fathom.quality.drift.drift_result import DriftMethod, DriftResult, Look
from fathom.quality.drift.random_splits import (
    TOLERANCE,
    Floats,
    Statistic,
    document_order,
    limit_by_splits,
    observed_labels,
)
from fathom.quality.drift.split_statistics import (
    classifier_statistic,
    ks_statistic,
    means_statistic,
    psi_statistic,
    shannon_statistic,
)
from fathom.threshold_overrides import current_thresholds

MAX_CATEGORIES = 100  # the most frequent; all others are counted as OTHERS
NONE, OTHERS = "(none)", "(others)"  # categories of documents without any, and of rare ones
SHOWN = 3  # changed categories in a detail
# The threshold of the score that matters at least, by the method.
_LEAST: Mapping[DriftMethod, str] = {
    DriftMethod.PSI: "max_psi",
    DriftMethod.KS: "max_ks",
    DriftMethod.JENSEN_SHANNON: "max_jensen_shannon",
    DriftMethod.MEANS: "max_mean_distance",
    DriftMethod.CLASSIFIER: "max_classifier_auc",
}
_STATISTICS: Mapping[DriftMethod, Callable[[Floats], Statistic]] = {
    DriftMethod.PSI: psi_statistic,
    DriftMethod.KS: ks_statistic,
    DriftMethod.JENSEN_SHANNON: shannon_statistic,
    DriftMethod.MEANS: means_statistic,
    DriftMethod.CLASSIFIER: classifier_statistic,
}


def compare_values(
    metric: str, reference: Sequence[float | None], current: Sequence[float | None], look: Look
) -> list[DriftResult]:
    """Returns the results of PSI and KS for a value of each document; None, NaN and infinite values do not count."""
    before, now = _finite(reference), _finite(current)
    detail = ""
    if len(before) and len(now):
        detail = f"The median is {np.median(now):.4g}, in the reference {np.median(before):.4g}."
    methods = (DriftMethod.PSI, DriftMethod.KS)
    return [SampleComparison(metric, method, before, now, look.shared_by(2)).result(detail) for method in methods]


def compare_categories(
    metric: str, reference: Sequence[Mapping[str, float]], current: Sequence[Mapping[str, float]], look: Look
) -> DriftResult:
    """Returns the result of the Jensen-Shannon distance for counts of categories in each document.

    Documents weigh the same, whatever their length. New and missing categories have shares of 0 on the other side; a document
    without any is of the category NONE.
    """
    names, rows = _share_rows([*reference, *current])
    before, now = rows[: len(reference)], rows[len(reference) :]
    detail = _changed_shares(names, before, now) if len(before) and len(now) else ""
    return SampleComparison(metric, DriftMethod.JENSEN_SHANNON, before, now, look).result(detail)


def compare_embeddings(metric: str, reference: Floats, current: Floats, look: Look) -> list[DriftResult]:
    """Returns the results of the distance of means and of the domain classifier for a vector of each document.

    Args:
        metric: name of the metric.
        reference: shape (documents, dimensions); rows with a value that is not finite do not count.
        current: as the reference; other dimensions are of another embedder, which is drift without a score.
        look: the look.
    """
    before, now = (part[np.isfinite(part).all(axis=1)] for part in (reference, current))
    methods = (DriftMethod.MEANS, DriftMethod.CLASSIFIER)
    return [SampleComparison(metric, method, before, now, look.shared_by(2)).result() for method in methods]


@dataclass(frozen=True, eq=False)
class SampleComparison:
    """A comparison of two parts by a method; rows are documents."""

    metric: str
    method: DriftMethod
    reference: Floats
    current: Floats
    look: Look

    def result(self, detail: str = "") -> DriftResult:
        """Returns the result; without a score where documents are missing or cannot be compared."""
        counts, thresholds = (len(self.reference), len(self.current)), current_thresholds().drift
        if min(counts) < thresholds.min_documents:
            needed = f"{counts[0]} and {counts[1]} documents; of each part, {thresholds.min_documents} are needed."
            return self._unscored(needed, False)
        if self.reference.shape[1:] != self.current.shape[1:]:
            dimensions = self.reference.shape[1], self.current.shape[1]
            return self._unscored(f"Vectors of {dimensions[1]} dimensions instead of {dimensions[0]}: another embedder.", True)
        order = document_order(sum(counts))
        statistic = _STATISTICS[self.method](np.concatenate([self.reference, self.current])[order])
        score = float(statistic(observed_labels(order, counts[0]))[0])
        limit = limit_by_splits(statistic, sum(counts), counts[1], self.look.level)
        threshold = max(getattr(thresholds, _LEAST[self.method]), limit)
        return self._of(score, threshold, score > threshold + TOLERANCE, detail)

    def _unscored(self, detail: str, drifted: bool) -> DriftResult:
        return self._of(None, None, drifted, detail)

    def _of(self, score: float | None, threshold: float | None, drifted: bool, detail: str) -> DriftResult:
        return DriftResult(
            metric=self.metric,
            method=self.method,
            score=score,
            threshold=threshold,
            drifted=drifted,
            samples=len(self.current),
            reference_samples=len(self.reference),
            reference_version=self.look.reference_version,
            looks=self.look.number,
            detail=detail,
        )


def _finite(values: Sequence[float | None]) -> Floats:
    return np.array([value for value in values if value is not None and math.isfinite(value)], dtype=np.float64)


def _share_rows(counts: Sequence[Mapping[str, float]]) -> tuple[list[str], Floats]:
    """Returns the categories and the shares of each in each document, shape (documents, categories)."""
    documents = [_shares(one) for one in counts]
    totals: Counter[str] = Counter()
    for shares in documents:
        totals.update(shares)
    ranked = sorted(totals, key=lambda name: (-totals[name], name))
    names = [*ranked[:MAX_CATEGORIES], OTHERS] if len(ranked) > MAX_CATEGORIES else ranked
    place = {name: min(number, MAX_CATEGORIES) for number, name in enumerate(ranked)}
    rows = np.zeros((len(documents), len(names)))
    for row, shares in zip(rows, documents, strict=True):
        for name, share in shares.items():
            row[place[name]] += share
    return names, rows


def _shares(counts: Mapping[str, float]) -> dict[str, float]:
    """Returns the positive, finite counts as shares of their sum."""
    kept = {name: count for name, count in counts.items() if count > 0 and math.isfinite(count)}
    total = sum(kept.values())
    return {name: count / total for name, count in kept.items()} if kept else {NONE: 1.0}


def _changed_shares(names: Sequence[str], reference: Floats, current: Floats) -> str:
    """Returns a sentence with the categories whose shares changed most."""
    before, now = reference.mean(axis=0), current.mean(axis=0)
    changed = sorted(range(len(names)), key=lambda number: (-abs(now[number] - before[number]), names[number]))[:SHOWN]
    return "; ".join(f"{names[number]}: {before[number]:.0%} to {now[number]:.0%}" for number in changed) + "."
