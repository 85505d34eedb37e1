"""Thresholds are overridden by collection and file type, and what cannot be is refused by name at start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from checks.documents import DOCUMENT_CHECKS
from fathom.settings import Settings
from fathom.threshold_overrides import ThresholdOverride, current_thresholds, thresholds_of, using_thresholds
from fathom.thresholds import THRESHOLDS
from tests.checks.test_each_check_can_fail import GOOD_CONVERSION


def override(value: float, **scope: str) -> ThresholdOverride:
    return ThresholdOverride(reason="a test", values={"documents": {"min_ocr_confidence": value}}, **scope)


def test_the_last_override_that_applies_counts() -> None:
    overrides = [override(0.5), override(0.4, collection="scans"), override(0.3, collection="scans", file_type="pdf")]

    def least(document: str) -> float:
        return thresholds_of(overrides, document).documents.min_ocr_confidence

    assert [least(name) for name in ("a/x.pdf", "scans/x.png", "scans/x.PDF", "scans/x")] == [0.5, 0.4, 0.3, 0.4]
    assert thresholds_of([], "a/x.pdf") is THRESHOLDS
    assert thresholds_of([override(0.3, collection="scans")], "a/x.pdf") is THRESHOLDS


def test_checks_use_the_thresholds_of_their_document() -> None:
    check = next(check for check in DOCUMENT_CHECKS if check.name == "ocr_confident")
    doubtful = GOOD_CONVERSION.model_copy(update={"ocr_confidence": 0.5})
    assert not check.evaluate(doubtful).outcome.passed
    with using_thresholds(thresholds_of([override(0.45)], "a/x.pdf")):
        found = check.evaluate(doubtful)
        assert (found.outcome.passed, found.threshold) == (True, 0.45)
    assert current_thresholds() is THRESHOLDS


@pytest.mark.parametrize(
    "values",
    [
        {"documents": {"min_nothing": 1}},
        {"nothing": {"a": 1}},
        {"documents": {"min_ocr_confidence": 4}},
        {"chunks": {"max_over_bound": 0.5}},
    ],
)
def test_what_cannot_be_a_threshold_is_refused(tmp_path: Path, values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(home=tmp_path, thresholds=[{"reason": "a test", "values": values}])
    with pytest.raises(ValidationError):
        Settings(home=tmp_path, thresholds=[{"values": {}}])
