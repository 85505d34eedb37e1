"""The checks of drift name the collection, the method and what changed."""

from __future__ import annotations

import dagster as dg

from checks.drifted_metrics import MEANINGS, check_name, drift_check_result, drift_outcome, results_of_collection
from fathom.quality.drift import DriftMethod, DriftResult
from fathom.quality.drift.collection_drift import DRIFT_METRICS, CollectionDrift


def result_of(metric: str, score: float | None, *, drifted: bool = False, method: DriftMethod = DriftMethod.KS) -> DriftResult:
    threshold = None if score is None else 0.3
    return DriftResult(metric, method, score, threshold, drifted, 60, 50, 2, 7, "fr: 0% to 40%.")


def drift_of(collection: str, *results: DriftResult) -> CollectionDrift:
    return CollectionDrift(collection, None, results, looked=True)


def test_there_is_a_check_for_each_metric() -> None:
    assert tuple(MEANINGS) == DRIFT_METRICS


def test_a_metric_without_drift_passes_with_its_highest_score() -> None:
    found = [drift_of("a", result_of("languages", 0.1)), drift_of("b", result_of("languages", 0.2)), drift_of("c")]
    outcome = drift_outcome("languages", found)
    assert outcome.passed
    assert outcome.figures == {"collections": 2, "drifted": 0, "score": 0.2}


def test_drift_of_a_collection_fails_with_what_changed_and_what_to_do() -> None:
    found = [drift_of("a", result_of("languages", 0.1)), drift_of("b", result_of("languages", 0.7, drifted=True))]
    result = drift_check_result("languages", found)
    assert (result.passed, result.severity, result.check_name) == (False, dg.AssetCheckSeverity.WARN, "no_drift_of_languages")
    assert result.description is not None
    assert "b, by kolmogorov-smirnov (0.70 above 0.30 in 60 documents): fr: 0% to 40%." in result.description
    assert "fathom drift rebase" in result.description
    assert drift_outcome("relations", found).passed


def test_another_embedder_is_drift_without_a_score() -> None:
    outcome = drift_outcome("embeddings", [drift_of("a", result_of("embeddings", None, drifted=True))])
    assert not outcome.passed
    assert outcome.figures["score"] is None


def test_a_collection_keeps_a_result_for_each_metric_that_was_judged() -> None:
    psi = result_of("chunks", 0.4, drifted=True, method=DriftMethod.PSI)
    kept = results_of_collection(drift_of("a", result_of("chunks", 0.29), psi, result_of("languages", None)))
    assert [(one.name, one.passed, one.measured) for one in kept] == [
        (check_name("languages"), True, None),
        (check_name("chunks"), False, 0.4),
    ]
