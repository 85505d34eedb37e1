"""The past of verbs that name a relation."""

from __future__ import annotations

import pytest

from fathom.extraction.rules.relations.verb_forms import past_of


@pytest.mark.parametrize(
    ("lemma", "gerund", "past"),
    [
        ("travel", "travelling", "travelled"),
        ("travel", "traveling", "traveled"),
        ("write", "writing", "wrote"),
        ("carry", "carrying", "carried"),
        ("play", "playing", "played"),
        ("use", "using", "used"),
        ("overcome", "overcoming", "overcame"),
    ],
)
def test_the_past_is_made_of_the_gerund_or_is_irregular(lemma: str, gerund: str, past: str) -> None:
    assert past_of(lemma, gerund) == past
