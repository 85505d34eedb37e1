"""Of a model's answer only what its sentences state of both names becomes a fact, the way round they say it; else it counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from fathom.extraction.dropped_items import count_lost
from fathom.extraction.model import Extraction
from fathom.extraction.prompt import Prompt
from fathom.extraction.response.grounding import (
    NAMES_NOT_BOTH,
    NOT_A_DATE_OF_THE_TEXT,
    NOT_STATED,
    REVERSED,
    ClaimedFact,
    FactEnd,
    may_have_a_date,
    objection,
)
from fathom.extraction.response_schema import Vocabulary
from tests.fathom.llm.messages_server import MessagesServer

Extract = Callable[..., Extraction]

SIEMENS, BOSCH = FactEnd("Siemens", ["Siemens AG"]), FactEnd("Robert Bosch", ["Bosch"])


def claim(sentence: str, relation: str = "ACQUIRED", **more: Any) -> ClaimedFact:
    return ClaimedFact(SIEMENS, relation, BOSCH, sentence, **more)


@pytest.fixture
def extract(opened: Any, settings_for: Any, server: MessagesServer) -> Extract:
    """`extract(provider, text, *facts)` asks a server that answers so, through the SDK of the provider."""

    def extracted(provider: str, text: str, *facts: dict[str, Any]) -> Extraction:
        names = dict.fromkeys(fact[end] for fact in facts for end in ("source", "target"))
        entities = [{"name": name, "type": "Organization", "aliases": []} for name in names]
        whole = {"quote": "", "valid_at": None, "invalid_at": None, "one_at_a_time": "never"}
        server.answering = lambda asked: {"entities": entities, "facts": [{**whole, **fact} for fact in facts]}
        found: Extraction = opened(settings_for(provider)).extract([text])[0]
        return found

    return extracted


def said(source: str, relation: str, target: str, fact: str, **more: Any) -> dict[str, Any]:
    return {"source": source, "relation": relation, "target": target, "fact": fact, **more}


@pytest.mark.parametrize(
    "sentence",
    [
        "Siemens acquired Robert Bosch.",
        "Siemens AG acquired Bosch in 2019.",
        "Bosch was acquired by Siemens.",
        "SIEMENS acquired RB in 2019.",
        "The firm Robert Bosch has been part of Siemens, not of Thales, since 2019.",
        "Siemens not only acquired Robert Bosch but closed it.",
        "Siemens acquired Robert Bosch, but did not close it.",
        "In May Siemens acquired Bosch in Will County.",
        "Siemens lost money due to Bosch.",
        "Siemens hat nicht nur Bosch gekauft.",
    ],
)
def test_a_fact_whose_sentence_states_it_of_both_names_is_kept(sentence: str) -> None:
    assert objection(claim(sentence)) is None


@pytest.mark.parametrize(
    "sentence", ["It acquired Bosch.", "Siemens acquired the firm.", "It is so.", "Siemensstadt acquired Boschs.", "x"]
)
def test_a_fact_whose_sentence_does_not_name_both_is_none(sentence: str) -> None:
    assert objection(claim(sentence)) == NAMES_NOT_BOTH


def test_a_name_within_the_other_name_is_not_named() -> None:
    ada, works = FactEnd("Ada Moreno", ["Moreno"]), FactEnd("Moreno Works", [])
    assert objection(ClaimedFact(ada, "FOUNDED", works, "She founded Moreno Works.")) == NAMES_NOT_BOTH
    assert objection(ClaimedFact(ada, "FOUNDED", works, "Moreno founded Moreno Works.")) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "Siemens did not acquire Bosch.",
        "Siemens never acquired Bosch.",
        "Siemens isn't buying Bosch.",
        "Neither Siemens nor Thales acquired Bosch.",
        "Siemens refused to acquire Bosch.",
        "Siemens denied that it had acquired Bosch.",
        "It is false that Siemens acquired Bosch.",
        "Siemens is unlikely to acquire Bosch.",
        "Did Siemens acquire Bosch?",
        "Siemens may acquire Bosch.",
        "Siemens plans to acquire Bosch.",
        "If Siemens acquires Bosch, it will move.",
        "Siemens is expected to acquire Bosch.",
        "Siemens allegedly acquired Bosch.",
        "Siemens n'a pas racheté Bosch.",
        "Siemens n’a jamais racheté Bosch.",
        "Siemens pourrait racheter Bosch.",
        "Siemens hat Bosch nicht gekauft.",
        "Siemens könnte Bosch kaufen.",
    ],
)
def test_what_is_denied_asked_or_supposed_is_no_fact(sentence: str) -> None:
    assert objection(claim(sentence)) == NOT_STATED


def test_a_quote_that_denies_what_the_sentence_says_is_believed() -> None:
    assert objection(claim("Siemens acquired Bosch.", quote="Siemens never acquired Bosch")) == NOT_STATED
    assert objection(claim("Siemens acquired Bosch.", quote="never acquired")) is None  # of what, it does not say


@pytest.mark.parametrize("relation", ["NOT_ACQUIRED", "HAS_NOT_ACQUIRED", "MAY_ACQUIRE", "PLANS_TO_ACQUIRE", "NO_LONGER_OWNS"])
def test_a_denial_or_plan_is_no_relation_unless_a_collection_asks_for_it(relation: str) -> None:
    assert objection(claim("Siemens may acquire Bosch.", relation)) == NOT_STATED
    assert objection(claim("Siemens may acquire Bosch.", relation), wanted=True) is None


def test_what_holds_no_longer_is_a_fact_with_its_end() -> None:
    sentence = "Siemens no longer owns Bosch."
    assert objection(claim(sentence, "OWNS")) == NOT_STATED
    assert objection(claim(sentence, "OWNS", has_ended=True)) is None
    assert objection(claim(sentence, "NOT_OWNER_OF")) is None  # by which the graph ends what holds


@pytest.mark.parametrize(
    ("relation", "sentence", "is_turned"),
    [
        ("ACQUIRED", "Bosch acquired Siemens.", True),
        ("ACQUIRED", "Siemens was later acquired by the Bosch.", True),
        ("ACQUIRED_BY", "Siemens acquired Bosch.", True),
        ("ACQUIRES", "Bosch acquired Siemens.", True),
        ("ACQUIRED_BY", "Bosch acquired Siemens.", False),
        ("ACQUIRED", "Bosch was acquired by Siemens.", False),
        ("ACQUIRED", "The yard that Bosch built was acquired by Siemens.", False),
        ("MARRIED", "Bosch married Siemens.", False),
        ("WORKS_FOR", "Bosch works with Siemens.", False),
    ],
)
def test_a_fact_that_its_sentence_says_the_other_way_round_is_none(relation: str, sentence: str, is_turned: bool) -> None:
    assert objection(claim(sentence, relation)) == (REVERSED if is_turned else None)


@pytest.mark.parametrize(
    ("text", "may"),
    [("Ada left.", False), ("Ada left in 1998.", True), ("Ada left in the nineties.", True), ("Ada left in MCMXCVIII.", True)],
)
def test_a_date_needs_a_number_in_the_text(text: str, may: bool) -> None:
    assert may_have_a_date(text) == may


def test_the_prompt_asks_for_what_is_stated_with_its_direction_and_dates() -> None:
    told = " ".join(Prompt(Vocabulary()).request("Ada left.").system.split())
    for rule in (
        "Leave out what the passage denies, asks, supposes, plans, wishes or makes conditional",
        "reports as false or as a claim of somebody",
        '"B was bought by A" has A as its source',
        "A fact whose sentence does not name both is thrown away",
        '"until 2011" only the second',
        '"bought A in 2016 and B in 2018" is two facts, each with its own date',
    ):
        assert rule in told


@pytest.mark.integration
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_of_a_recorded_answer_only_what_is_stated_is_kept_and_the_rest_is_counted(extract: Extract, provider: str) -> None:
    text = (
        "Lyse acquired Solvind in 2016 and Fjordkraft in 2018. Tibber did not acquire Solvind. Tibber may buy Fjordkraft. "
        "Solvind was sold by Hafslund. It no longer belongs to Statkraft."
    )
    found = extract(
        provider,
        text,
        said("Lyse", "ACQUIRED", "Solvind", "Lyse acquired Solvind in 2016.", valid_at="2016"),
        said("Lyse", "ACQUIRED", "Fjordkraft", "Lyse acquired Fjordkraft in 2018.", valid_at="2018"),
        said("Tibber", "ACQUIRED", "Solvind", "Tibber did not acquire Solvind."),
        said("Tibber", "ACQUIRED", "Solvind", "Tibber acquired Solvind.", quote="Tibber did not acquire Solvind"),
        said("Tibber", "MAY_BUY", "Fjordkraft", "Tibber may buy Fjordkraft."),
        said("Solvind", "SOLD", "Hafslund", "Solvind was sold by Hafslund."),
        said("Statkraft", "OWNED", "Solvind", "It belonged to Statkraft."),
    )
    assert [(one.source, one.relation, one.target, one.valid_at) for one in found.facts] == [
        ("Lyse", "ACQUIRED", "Solvind", datetime(2016, 1, 1, tzinfo=UTC)),
        ("Lyse", "ACQUIRED", "Fjordkraft", datetime(2018, 1, 1, tzinfo=UTC)),
    ]
    assert found.left_out == {NOT_STATED: 3, REVERSED: 1, NAMES_NOT_BOTH: 1}
    assert count_lost(found.left_out).facts == 5


@pytest.mark.integration
def test_a_date_that_the_text_cannot_give_is_dropped_and_its_fact_kept(extract: Extract) -> None:
    found = extract(
        "openai", "Lyse acquired Solvind.", said("Lyse", "ACQUIRED", "Solvind", "Lyse acquired Solvind.", valid_at="2016")
    )
    assert [(one.valid_at, one.valid_at_said) for one in found.facts] == [(None, None)]
    assert found.left_out == {NOT_A_DATE_OF_THE_TEXT: 1}
