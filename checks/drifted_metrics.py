"""Checks of drift: one for each metric of documents that is compared with the collections' references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from checks.outcome import CheckOutcome
from fathom.metrics.check_recording import CheckResult

if TYPE_CHECKING:
    from fathom.quality.drift.collection_drift import CollectionDrift
    from fathom.quality.drift.drift_result import DriftResult

ASSET = "collection_drift"
SHOWN = 5  # drifted collections in a description
MEANINGS: Mapping[str, str] = {
    "file_types": "the types of the files",
    "languages": "the languages of the texts",
    "entity_types": "the types of the entities",
    "relations": "the relations of the facts",
    "chunks": "the chunks of a document",
    "entities_per_chunk": "the entities of a chunk",
    "facts_per_chunk": "the facts of a chunk",
    "embeddings": "the embeddings of the entities' names",
}


def check_name(metric: str) -> str:
    """Returns the name of the check in Dagster, such as `no_drift_of_languages`."""
    return f"no_drift_of_{metric}"


def drift_specs() -> list[dg.AssetCheckSpec]:
    """Returns the specs of the checks; none blocks, since a drifted collection may be meant."""
    return [
        dg.AssetCheckSpec(
            name=check_name(metric),
            asset=ASSET,
            description=f"Fails where {meaning} of a collection's newest documents differ from those of its reference.",
        )
        for metric, meaning in MEANINGS.items()
    ]


def drift_outcome(metric: str, found: Sequence[CollectionDrift]) -> CheckOutcome:
    """Returns the outcome of the metric over all collections."""
    of_metric = [(one.collection, result) for one in found for result in one.results if result.metric == metric]
    drifted = [(collection, result) for collection, result in of_metric if result.drifted]
    scored = [result for _, result in of_metric if result.score is not None]
    names = sorted({collection for collection, _ in drifted})
    figures: dict[str, float | int | str | None] = {
        "collections": len({collection for collection, _ in of_metric}),
        "drifted": len(names),
        "score": max((result.score or 0.0 for result in scored), default=None),
    }
    if not drifted:
        return CheckOutcome(True, f"No drift in {figures['collections']} collections.", figures)
    described = "; ".join(f"{collection}, by {_described(result)}" for collection, result in drifted[:SHOWN])
    hint = "If this is usual from now on: `fathom drift rebase COLLECTION --reason TEXT`."
    return CheckOutcome(False, f"{len(names)} collections drifted: {described} {hint}", figures)


def drift_check_result(metric: str, found: Sequence[CollectionDrift]) -> dg.AssetCheckResult:
    """Returns the result for Dagster, with the severity WARN."""
    return drift_outcome(metric, found).asset_result(ASSET, check_name(metric))


def results_of_collection(found: CollectionDrift) -> list[CheckResult]:
    """Returns the results of a collection as Fathom keeps them: of each metric the method nearest to its threshold."""
    results = []
    for metric in MEANINGS:
        of_metric = [result for result in found.results if result.metric == metric]
        if not of_metric:
            continue
        worst = max(of_metric, key=_nearness)
        results.append(
            CheckResult(
                name=check_name(metric),
                passed=not any(result.drifted for result in of_metric),
                severity="warn",
                measured=worst.score,
                threshold=worst.threshold,
                detail=f"Drift by {_described(worst)}" if worst.drifted else worst.detail,
            )
        )
    return results


def _nearness(result: DriftResult) -> tuple[bool, float]:
    return result.drifted, (result.score or 0.0) / result.threshold if result.threshold else 0.0


def _described(result: DriftResult) -> str:
    if result.score is None or result.threshold is None:
        return f"{result.method.value}: {result.detail}"
    figures = f"{result.score:.2f} above {result.threshold:.2f}"
    return f"{result.method.value} ({figures} in {result.samples} documents): {result.detail or 'no single part stands out.'}"
