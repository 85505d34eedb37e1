"""The judgement of a sentence counts a fact as right only with its ends, direction, relation and dates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from fathom.extraction.model import Fact
from tests.evaluation.sentence_gold import GoldFact, GoldSentence, Judged, drawn, judged, tally

TEXT = "Karin Dahl led Solvind until May 2011, and Lyse bought Solvind."
LED = GoldFact(source=["Karin Dahl"], relation="led", target=["Solvind"], invalid_at="2011-05")
BOUGHT = GoldFact(source=["Lyse"], relation="acquired", target=["Solvind"])


def said(source: str, relation: str, target: str, since: datetime | None = None, until: datetime | None = None) -> Fact:
    return Fact(
        source=source, relation=relation, target=target, fact=TEXT, span=(0, len(TEXT)), valid_at=since, invalid_at=until
    )


def judge(*found: Fact, gold: GoldFact = BOUGHT, also: list[GoldFact] | None = None) -> Judged:
    return judged(GoldSentence(id="x", kind="dated", split=drawn("x"), text=TEXT, facts=[gold], also=also or []), found)


@pytest.mark.parametrize(
    "fact",
    [
        said("Lyse", "ACQUIRED", "Solvind"),
        said("Lyse", "bought", "the Solvind"),
        said("Solvind", "ACQUIRED_BY", "Lyse"),
        said("Solvind", "OWNED_BY", "Lyse"),
    ],
)
def test_a_relation_may_have_any_of_its_names_and_be_said_from_either_end(fact: Fact) -> None:
    result = judge(fact)
    assert (result.right, result.false) == ([BOUGHT], [])


@pytest.mark.parametrize(
    "fact",
    [
        said("Solvind", "ACQUIRED", "Lyse"),
        said("Lyse", "ACQUIRED_BY", "Solvind"),
        said("Lyse", "LOCATED_IN", "Solvind"),
        said("Lyse", "NOT_ACQUIRED", "Solvind"),
        said("Lyse Energi", "ACQUIRED", "Solvind"),
    ],
)
def test_another_direction_relation_or_name_is_false_and_the_stated_fact_is_missed(fact: Fact) -> None:
    result = judge(fact)
    assert (result.missed, result.false) == ([BOUGHT], [fact])


@pytest.mark.parametrize(
    ("since", "until", "right"),
    [
        (None, datetime(2011, 5, 1, tzinfo=UTC), True),
        (None, datetime(2011, 1, 1, tzinfo=UTC), False),
        (datetime(2011, 5, 1, tzinfo=UTC), None, False),
        (None, None, False),
    ],
)
def test_a_fact_with_another_date_is_found_and_not_right(since: datetime | None, until: datetime | None, right: bool) -> None:
    result = judge(said("Karin Dahl", "LED", "Solvind", since, until), gold=LED)
    assert (len(result.right), len(result.misdated), result.false) == (int(right), int(not right), [])


def test_what_may_come_out_is_neither_asked_for_nor_false() -> None:
    result = judge(said("Lyse", "ACQUIRED", "Solvind"), said("Dahl", "LED", "Solvind"), also=[GoldFact(
        source=["Dahl"], relation="*", target=["*"]
    )])  # fmt: skip
    assert result.false == []


def test_a_sentence_that_states_nothing_is_silent_where_no_fact_is_false() -> None:
    nothing = GoldSentence(id="x", kind="asked", split=drawn("x"), text="Did Lyse buy Solvind?", nothing=True)
    results = [judged(nothing, []), judged(nothing, [said("Lyse", "ACQUIRED", "Solvind")])]
    assert (tally(results).nothing, tally(results).silent) == (2, 1)


@pytest.mark.parametrize("wrong", [{"nothing": True}, {"facts": []}, {"unknown": 1}, {"kind": "sung"}])
def test_a_sentence_of_gold_that_contradicts_itself_or_has_unknown_keys_is_refused(wrong: dict[str, object]) -> None:
    given = {"id": "x", "kind": "dated", "split": drawn("x"), "text": TEXT, "facts": [BOUGHT], **wrong}
    with pytest.raises(ValidationError):
        GoldSentence.model_validate(given)


def test_a_gold_fact_of_an_unknown_relation_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"gold_relations\.toml"):
        GoldFact(source=["A"], relation="sang_to", target=["B"])
