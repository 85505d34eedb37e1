"""What changed is found with its size, what did not is left alone, and odd samples are defined."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from fathom.quality.drift import DriftMethod, DriftResult, Look, compare_categories, compare_embeddings, compare_values
from fathom.quality.drift.random_splits import Floats
from fathom.quality.drift.sample_comparison import MAX_CATEGORIES
from fathom.threshold_overrides import using_thresholds
from fathom.thresholds import THRESHOLDS, DriftThresholds

DAILY = Look(level=0.05 / 365.25, number=7, reference_version=3)
MIN_DOCUMENTS = THRESHOLDS.drift.min_documents
LETTERS = ("a", "b", "c", "d")


def ks_2samp(before: Sequence[float] | Floats, now: Sequence[float] | Floats) -> Any:
    """scipy's own test, which takes seconds to import."""
    from scipy.stats import ks_2samp

    return ks_2samp(before, now)


def normal(count: int, mean: float = 0.0, seed: int = 1) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).normal(mean, size=count)]


def vectors(count: int, mean: float = 0.0, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(mean, size=(count, 64))


def mixtures(count: int, alpha: Sequence[float], seed: int) -> list[Mapping[str, float]]:
    """Documents that each have hundreds of entities of a mixture of types of their own."""
    rng = np.random.default_rng(seed)
    return [dict(zip(LETTERS, rng.multinomial(300, rng.dirichlet(alpha)).tolist(), strict=True)) for _ in range(count)]


def by_method(results: Sequence[DriftResult]) -> dict[DriftMethod, DriftResult]:
    return {result.method: result for result in results}


def test_values_that_moved_are_drift_by_both_methods() -> None:
    results = compare_values("entities", normal(100), normal(150, mean=1.2, seed=2), DAILY)
    assert [result.drifted for result in results] == [True, True]
    for result in results:
        assert result.score is not None
        assert result.threshold is not None
        assert result.score > result.threshold
        assert (result.samples, result.reference_samples) == (150, 100)
        assert (result.looks, result.reference_version) == (7, 3)


def test_values_that_stayed_are_no_drift() -> None:
    results = compare_values("entities", normal(100), normal(150, seed=2), DAILY)
    assert [result.drifted for result in results] == [False, False]


def test_a_wider_spread_is_drift_though_the_mean_stays() -> None:
    wide = [4 * value for value in normal(150, seed=2)]
    assert all(result.drifted for result in compare_values("entities", normal(100), wide, DAILY))


@pytest.mark.parametrize("rounded", [6, 0])
def test_the_score_of_ks_is_scipys_with_ties_and_without(rounded: int) -> None:
    before, now = (np.round(normal(count, mean, count), rounded) for count, mean in ((80, 0.0), (130, 0.4)))
    result = by_method(compare_values("seconds", before.tolist(), now.tolist(), DAILY))[DriftMethod.KS]
    assert result.score == pytest.approx(ks_2samp(before, now).statistic)


@pytest.mark.parametrize("seed", range(2))
def test_the_limit_of_ks_is_about_scipys_at_the_metrics_half_level(seed: int) -> None:
    before, now = normal(80, seed=seed), normal(130, seed=seed + 50)
    result = by_method(compare_values("seconds", before, now, Look(level=0.02)))[DriftMethod.KS]
    assert result.threshold is not None
    ordered = np.linspace(0.1, 0.5, 81)
    # scipy's p-value of samples that are exactly so far apart: of 130 values, the share beyond all 80 is the distance
    distance = min(ordered, key=lambda share: abs(_p_value(float(share)) - 0.01))
    assert result.threshold == pytest.approx(distance, abs=0.02)


def _p_value(distance: float) -> float:
    beyond = round(distance * 130)
    before = np.linspace(0, 1, 80)
    now = np.concatenate([np.full(beyond, 2.0), np.interp(np.linspace(0, 1, 130 - beyond), [0, 1], [0, 1])])
    return float(ks_2samp(before, now).pvalue)


def test_another_mixture_of_types_is_drift_and_names_what_changed() -> None:
    result = compare_categories("types", mixtures(60, (4, 2, 1, 1), 1), mixtures(60, (1, 2, 1, 4), 2), DAILY)
    assert result.drifted
    assert result.detail.startswith(("a: ", "d: "))


def test_documents_that_each_differ_are_no_drift_of_their_mixture() -> None:
    """Hundreds of entities a document are hundreds of equals to a test of chi-square, which finds drift here."""
    before, now = mixtures(40, (1, 1, 1, 1), 1), mixtures(40, (1, 1, 1, 1), 2)
    assert not compare_categories("types", before, now, DAILY).drifted


def test_a_long_document_weighs_as_much_as_a_short_one() -> None:
    short: list[Mapping[str, float]] = [{"a": 1}] * 40
    result = compare_categories("types", short, [*short, {"b": 1_000_000}], DAILY)
    assert result.score == pytest.approx(0.11, abs=0.02)
    assert not result.drifted


def test_a_new_category_is_drift_once_enough_documents_have_it() -> None:
    before: list[Mapping[str, float]] = [{"en": 1}] * 50
    assert compare_categories("languages", before, [{"en": 1}, {"fr": 1}] * 25, DAILY).drifted
    assert not compare_categories("languages", before, [*before, {"fr": 1}], DAILY).drifted


def test_documents_without_any_entity_are_a_category() -> None:
    result = compare_categories("types", [{"a": 3}] * 30, [{"a": 3}, {}] * 30, DAILY)
    assert result.drifted
    assert "(none): 0% to 50%" in result.detail


def test_more_categories_than_are_counted_share_one() -> None:
    many: list[Mapping[str, float]] = [{f"relation {number}": 1.0} for number in range(MAX_CATEGORIES + 50)]
    assert compare_categories("relations", many, many, DAILY).score == pytest.approx(0.0, abs=1e-3)


def test_embeddings_of_another_subject_are_drift_by_both_methods() -> None:
    results = compare_embeddings("embeddings", vectors(60), vectors(60, mean=0.5, seed=2), DAILY)
    assert [result.drifted for result in results] == [True, True]
    area = by_method(results)[DriftMethod.CLASSIFIER].score
    assert area is not None
    assert 0.95 < area <= 1


def test_embeddings_of_the_same_subject_are_no_drift() -> None:
    results = by_method(compare_embeddings("embeddings", vectors(60), vectors(60, seed=2), DAILY))
    assert not any(result.drifted for result in results.values())
    assert results[DriftMethod.CLASSIFIER].score == pytest.approx(0.5, abs=0.15)


def test_the_classifier_learns_nothing_from_documents_that_come_twice() -> None:
    twice = vectors(50)
    result = by_method(compare_embeddings("embeddings", twice, twice, DAILY))[DriftMethod.CLASSIFIER]
    assert result.score is not None
    assert result.score < 0.6
    assert not result.drifted


def test_vectors_of_another_embedder_are_drift_without_a_score() -> None:
    for result in compare_embeddings("embeddings", vectors(30), vectors(30)[:, :32], DAILY):
        assert (result.drifted, result.score) == (True, None)
        assert "another embedder" in result.detail


@pytest.mark.parametrize("count", [0, 1, MIN_DOCUMENTS - 1])
def test_too_few_documents_on_either_side_are_no_drift_and_have_no_score(count: int) -> None:
    few, many = normal(count), normal(50, mean=100)
    results = [
        *compare_values("entities", few, many, DAILY),
        *compare_values("entities", many, few, DAILY),
        compare_categories("types", [{"a": 1}] * count, [{"b": 1}] * 50, DAILY),
        *compare_embeddings("embeddings", np.zeros((count, 8)), np.ones((50, 8)), DAILY),
    ]
    for result in results:
        assert (result.drifted, result.score, result.threshold) == (False, None, None)
        assert f"{MIN_DOCUMENTS} are needed" in result.detail


def test_missing_and_infinite_values_do_not_count() -> None:
    before = [*normal(40), None, math.nan]
    results = compare_values("entities", before, [*normal(40, seed=2), math.inf, -math.inf], DAILY)
    assert {(result.samples, result.reference_samples) for result in results} == {(40, 40)}
    odd = np.vstack([vectors(40), np.full((3, 64), np.nan)])
    assert {result.samples for result in compare_embeddings("embeddings", vectors(40, seed=2), odd, DAILY)} == {40}


def test_values_that_are_all_missing_are_too_few() -> None:
    assert all(result.score is None for result in compare_values("entities", normal(40), [math.nan] * 40, DAILY))


def test_a_constant_is_no_drift_from_itself_and_is_from_another_in_either_direction() -> None:
    for constant, drifted in ((5.0, False), (4.0, True), (6.0, True)):
        results = compare_values("entities", [5.0] * 40, [constant] * 60, DAILY)
        assert [result.drifted for result in results] == [drifted, drifted]
    same = compare_embeddings("embeddings", np.ones((40, 8)), np.ones((60, 8)), DAILY)
    assert [(result.score, result.drifted) for result in same] == [(0.0, False), (0.5, False)]


def test_a_certain_difference_that_is_too_small_to_matter_is_no_drift() -> None:
    before: list[Mapping[str, float]] = [{"en": 1}] * 600
    now: list[Mapping[str, float]] = [*[{"en": 1}] * 592, *[{"fr": 1}] * 8]
    result = compare_categories("languages", before, now, DAILY)
    assert result.threshold == 0.1
    assert not result.drifted


def test_the_same_documents_give_the_same_result() -> None:
    given = normal(50), normal(60, mean=0.7, seed=2)
    assert compare_values("entities", *given, DAILY) == compare_values("entities", *given, DAILY)


def test_thresholds_of_a_collection_take_the_place_of_the_usual_ones() -> None:
    before, now = normal(100), normal(150, mean=1.2, seed=2)
    strict = THRESHOLDS.model_copy(update={"drift": DriftThresholds(max_ks=0.9, max_psi=9.0, min_documents=10)})
    with using_thresholds(strict):
        assert not any(result.drifted for result in compare_values("entities", before, now, DAILY))
        assert all(result.score is not None for result in compare_values("entities", before[:10], now[:10], DAILY))
