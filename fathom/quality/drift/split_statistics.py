"""Statistics that compare the two parts of many splits of documents at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fathom.quality.drift.random_splits import Floats, Labels, Statistic

PSI_BINS = 10
SMOOTHING = 1.0  # documents of the mixture of both parts, added to each part: an empty bin gives no infinite score
FOLDS = 5


def psi_statistic(values: Floats) -> Statistic:
    """Returns the statistic PSI: the sum of (p - q) ln(p / q) over the deciles of both parts together.

    Deciles of the reference alone, as usual, would have no bin for values below a constant reference.
    """
    edges = np.unique(np.quantile(values, np.arange(1, PSI_BINS) / PSI_BINS, method="inverted_cdf"))
    bins = np.searchsorted(edges, values, side="left")
    return _of_shares(np.eye(len(edges) + 1)[bins], psi, SMOOTHING)


def shannon_statistic(shares: Floats) -> Statistic:
    """Returns the statistic of the Jensen-Shannon distance between the mean shares of categories, 0 to 1.

    Args:
        shares: of each category in a document, shape (documents, categories).
    """
    return _of_shares(shares, jensen_shannon, 0.0)


def psi(one: Floats, other: Floats) -> Floats:
    """Returns the PSI of each row of shares, none of which is 0."""
    return np.asarray(((one - other) * np.log(one / other)).sum(axis=-1))


def jensen_shannon(one: Floats, other: Floats) -> Floats:
    """Returns the Jensen-Shannon distance of each row of shares: the root of the divergence in bits."""
    middle = (one + other) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(side > 0, side * np.log2(side / middle), 0.0).sum(axis=-1) for side in (one, other)]
    return np.asarray(np.sqrt(np.clip((parts[0] + parts[1]) / 2, 0.0, 1.0)))


def ks_statistic(values: Floats) -> Statistic:
    """Returns the statistic of Kolmogorov and Smirnov: the largest difference of the two distribution functions, 0 to 1."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    ends = np.append(ordered[1:] != ordered[:-1], True)  # within equal values the functions do not differ

    def score(labels: Labels) -> Floats:
        below = np.cumsum(labels[:, order], axis=1, dtype=np.float64)[:, ends]
        of_all = np.arange(1, len(values) + 1)[ends]
        current = labels.sum(axis=1, dtype=np.float64)[:, None]
        return np.asarray(np.abs(below / current - (of_all - below) / (len(values) - current)).max(axis=1))

    return score


def means_statistic(vectors: Floats) -> Statistic:
    """Returns the distance of the parts' means, in root mean square distances of a document from the mean of all."""
    centered = vectors - vectors.mean(axis=0)
    spread = float(np.sqrt((centered**2).sum(axis=1).mean()))
    scaled = (centered / spread if spread > 0 else centered).astype(np.float32)

    def score(labels: Labels) -> Floats:
        current = labels.sum(axis=1)[:, None]
        of_current = labels @ scaled
        # the sum over both parts is 0, so the reference's sum is the negative of the current one's
        apart = of_current / current + of_current / (labels.shape[1] - current)
        return np.asarray(np.linalg.norm(apart, axis=1), dtype=np.float64)

    return score


def classifier_statistic(vectors: Floats) -> Statistic:
    """Returns the AUC of a classifier that tells current from reference documents, cross-validated; .5 for none.

    A ridge regression on the labels, whose predictions for left-out folds are linear in the labels and known in closed form, so
    that thousands of splits are classified at once. The AUC is taken within each fold, since the regressions of different
    folds have different levels.
    """
    count = len(vectors)
    predict = _left_out_predictions(vectors)
    if predict is None:
        return lambda labels: np.full(len(labels), 0.5)
    folds = [part for part in np.array_split(np.arange(count), FOLDS) if len(part)]

    def score(labels: Labels) -> Floats:
        predictions = labels @ predict.T.astype(np.float32)
        areas = np.stack([_areas(predictions[:, fold], labels[:, fold]) for fold in folds])
        weights = np.stack([_pairs(labels[:, fold]) for fold in folds])
        return np.asarray((areas * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), 1))

    return score


def _of_shares(rows: Floats, distance: Callable[[Floats, Floats], Floats], smoothing: float) -> Statistic:
    rows = rows[:, rows.any(axis=0)]
    total = rows.sum(axis=0)
    single = rows.astype(np.float32)
    added = smoothing * total / len(rows)

    def score(labels: Labels) -> Floats:
        current = (labels @ single).astype(np.float64) + added
        reference = np.maximum(total - (labels @ single), 0.0) + added
        shares = [part / part.sum(axis=1, keepdims=True) for part in (reference, current)]
        return distance(shares[0], shares[1])

    return score


def _left_out_predictions(vectors: Floats) -> Floats | None:
    """Returns the matrix from labels to predictions of left-out folds; None for vectors that are all the same.

    With the ridge's hat matrix H, the residuals of a left-out fold F are (I - H_FF)^-1 (y_F - (H y)_F).
    """
    count = len(vectors)
    centered = vectors - vectors.mean(axis=0)
    kernel = centered @ centered.T
    penalty = float(np.trace(kernel)) / count
    if penalty < 1e-12:
        return None
    hat = 1 / count + kernel @ np.linalg.inv(kernel + penalty * np.eye(count))
    predict = np.zeros((count, count))
    for fold in np.array_split(np.arange(count), FOLDS):
        own = np.eye(count)[fold]
        predict[fold] = own - np.linalg.solve(np.eye(len(fold)) - hat[np.ix_(fold, fold)], own - hat[fold])
    return predict


def _pairs(labels: Labels) -> Floats:
    current = labels.sum(axis=1, dtype=np.float64)
    return np.asarray(current * (labels.shape[1] - current))


def _areas(predictions: Labels, labels: Labels) -> Floats:
    """Returns the area under the ROC curve of each row; 0 where a row has labels of one kind only."""
    ranked = np.take_along_axis(labels, np.argsort(predictions, axis=1), axis=1)
    current = labels.sum(axis=1, dtype=np.float64)
    ranks = ranked @ np.arange(1, labels.shape[1] + 1, dtype=np.float64)
    return np.asarray((ranks - current * (current + 1) / 2) / np.maximum(_pairs(labels), 1))
