"""Every threshold carries its reason and cannot be changed by accident."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from fathom.thresholds import THRESHOLDS, Thresholds

STAGES = [getattr(THRESHOLDS, name) for name in Thresholds.model_fields]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: type(stage).__name__)
def test_every_threshold_has_a_reason_of_two_sentences(stage: BaseModel) -> None:
    for name, field in type(stage).model_fields.items():
        what, _, reason = (field.description or "").partition(". ")
        assert what, name
        assert len(reason.split()) >= 5, name


def test_a_threshold_cannot_be_changed_while_running() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        THRESHOLDS.chunks.min_covered = 0.0  # type: ignore[misc]


def test_a_share_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(ValidationError):
        Thresholds.model_validate({"documents": {"min_text_recall": 98}})


def test_an_unknown_threshold_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Thresholds.model_validate({"documents": {"min_recall": 0.9}})
