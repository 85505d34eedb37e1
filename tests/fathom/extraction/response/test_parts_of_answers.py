"""Parts of an answer are kept under whatever names, types, ends and ids a model gives them; what stays unclear is counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fathom.extraction.model import Extraction
from fathom.extraction.response.response_parser import ParsedResponse, parse_response
from fathom.extraction.response_schema import MAX_FACT_LENGTH, Vocabulary
from tests.fathom.llm.messages_server import MessagesServer

pytestmark = pytest.mark.integration
case = pytest.mark.case

TEXT = "Ada Moreno founded Moreno Works in Plymouth in 1998."
ADA = {"name": "Ada Moreno", "type": "Person"}
WORKS = {"name": "Moreno Works", "type": "Organization"}
FOUNDED = {"source": "Ada Moreno", "relation": "FOUNDED", "target": "Moreno Works", "fact": TEXT, "quote": TEXT}
Extract = Callable[[str, Any], Extraction]


@pytest.fixture
def extract(opened: Any, settings_for: Any, server: MessagesServer) -> Extract:
    """`extract(text, answer)` asks a server that answers so, through its provider's client."""

    def extracted(text: str, answer: Any) -> Extraction:
        server.answering = lambda asked: answer
        found: Extraction = opened(settings_for("openai")).extract([text])[0]
        assert len(server.requests) == 1
        return found

    return extracted


def read(answer: Any, text: str = TEXT, words: Vocabulary | None = None) -> ParsedResponse:
    return parse_response(json.dumps(answer), text, words or Vocabulary())


@case(10)
@pytest.mark.parametrize(
    "answer",
    [
        {"entities": [ADA, WORKS]},
        {"entities": [ADA, WORKS], "facts": None},
        {"entities": [ADA, WORKS], "facts": ""},
        {"entities": [{"name": "Ada Moreno"}, {"name": "Moreno Works", "aliases": None}], "facts": []},
        {"entities": {"Ada Moreno": "Person", "Moreno Works": {"type": "Organization"}}},
        {"entities": {"Person": ["Ada Moreno"], "Organization": ["Moreno Works"]}},
        {"entities": ["Ada Moreno", "Moreno Works"]},
        {"entities": json.dumps([ADA, WORKS])},
    ],
)
def test_entities_are_kept_without_facts_and_without_the_rest_of_them(extract: Extract, answer: Any) -> None:
    found = extract(TEXT, answer)
    assert [one.name for one in found.entities] == ["Ada Moreno", "Moreno Works"]
    assert found.facts == []


@case(10)
@pytest.mark.parametrize("entities", [{}, {"entities": None}, {"entities": []}])
def test_facts_are_kept_without_entities_and_their_ends_are_of_no_type(extract: Extract, entities: Any) -> None:
    found = extract(TEXT, {**entities, "facts": [FOUNDED]})
    assert [(one.name, one.type) for one in found.entities] == [("Ada Moreno", "Entity"), ("Moreno Works", "Entity")]
    assert [(one.source, one.target) for one in found.facts] == [("Ada Moreno", "Moreno Works")]


@case(10)
def test_a_list_that_is_missing_is_counted() -> None:
    assert read({"entities": [ADA]}).dropped["no list of facts"] == 1
    assert read({"entities": [{"name": "Ada Moreno"}], "facts": []}).dropped["entity without a type"] == 1


@case(15)
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("person", "Person"), ("PERSON", "Person"), (" Person ", "Person"), ("Person, Founder", "Person"),
        ("Founder, Person", "Person"), ("Person/Organization", "Person"), ("person (founder)", "Person"),
        ("a person", "Person"), ("people", "Person"), ("Organisation", "Organization"), ("ORG", "Organization"),
        ("companies or organizations", "Organization"), ("GPE", "Location"), ("Entity:Person", "Person"),
        ("https://schema.org/Person", "Person"), ("Person | Founder", "Person"), ("Person、Founder", "Person"),
        ("Founder", "Entity"), ("", "Entity"), ("Personal", "Entity"), ("x" * 100_000, "Entity"),
    ],
)  # fmt: skip
def test_types_are_read_in_any_case_and_among_others(said: str, kind: str) -> None:
    found = read({"entities": [{"name": "Ada Moreno", "type": said}]}).extraction
    assert [one.type for one in found.entities] == [kind]


@case(15)
def test_types_of_a_model_that_writes_its_own_way_are_kept(extract: Extract) -> None:
    said = {"Ada Moreno": "person", "Moreno Works": "ORGANIZATION", "Plymouth": "Location, City"}
    found = extract(TEXT, {"entities": [{"name": name, "type": kind} for name, kind in said.items()], "facts": []})
    assert [one.type for one in found.entities] == ["Person", "Organization", "Location"]


@case(75)
@pytest.mark.parametrize(
    ("said", "kind"),
    [(["Person", "Founder"], "Person"), (["Founder", "person"], "Person"), ([], "Entity"), ({"name": "Person"}, "Person"),
     ([["Person"]], "Entity"), (None, "Entity"), (7, "Entity")],
)  # fmt: skip
def test_types_may_be_a_list(said: Any, kind: str) -> None:
    found = read({"entities": [{"name": "Ada Moreno", "type": said}]}).extraction
    assert [one.type for one in found.entities] == [kind]


def test_types_of_ones_own_come_before_what_others_call_them() -> None:
    words = Vocabulary({"company": "a firm", "Legal Person": "who can sue"}, {"founded_by": "who began it"})
    answer = {
        "entities": [{"name": "Moreno Works", "type": "Company"}, {"name": "Ada Moreno", "type": "legal_person"}],
        "facts": [{**FOUNDED, "relation": "Founded by"}],
    }
    found = read(answer, words=words).extraction
    assert [one.type for one in found.entities] == ["Legal Person", "company"]
    assert [one.relation for one in found.facts] == ["founded_by"]


NUMBERED = {"entities": [{"id": 1, **ADA}, {"id": "e2", **WORKS}]}
WITH_IDS = [
    ({"source": 1, "target": "e2"}, NUMBERED),
    ({"source": "1", "target": "e2"}, NUMBERED),
    ({"source": ADA, "target": WORKS}, {"entities": [ADA, WORKS]}),
    ({"source": {"id": 1}, "target": {"id": "e2"}}, NUMBERED),
    ({"source": ["Ada Moreno"], "target": {"name": "Moreno Works"}}, {"entities": [ADA, WORKS]}),
    ({"source_id": 1, "target_id": "e2"}, NUMBERED),
    ({"subject": "Ada Moreno", "object": "Moreno Works"}, {"entities": [ADA, WORKS]}),
    ({"source": "Ada Moreno", "target": "Moreno Works"}, {"entities": [{"id": "Ada Moreno"}, {"id": "Moreno Works"}]}),
]


@case(75)
@pytest.mark.parametrize(("ends", "entities"), WITH_IDS)
def test_ends_may_be_ids_or_objects(extract: Extract, ends: Any, entities: Any) -> None:
    answer = {**entities, "facts": [{"relation": "FOUNDED", "fact": TEXT, **ends}]}
    assert [(one.source, one.target) for one in extract(TEXT, answer).facts] == [("Ada Moreno", "Moreno Works")]


@case(75)
@pytest.mark.parametrize(
    "ends",
    [
        {"source": 0, "target": 1},
        {"source": 7, "target": "e2"},
        {"source": True, "target": "e2"},
        {"source": None, "target": "e2"},
        {"source": ["Ada Moreno", "Bert Moreno"], "target": "e2"},
    ],
)
def test_ends_that_are_no_id_of_an_entity_are_not_guessed(ends: Any) -> None:
    found = read({**NUMBERED, "facts": [{"relation": "FOUNDED", "fact": TEXT, **ends}]})
    assert found.extraction.facts == []
    assert found.dropped["fact without two entities"] == 1


@case(75)
@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("Plymouth", TEXT),
        ("東京", "Ada Moreno は東京に住む。"),
        ("iPhone", "Ada Moreno made the iPhone."),
        ("المدينة", "Ada Moreno المدينة"),
    ],
)
def test_an_end_that_is_declared_nowhere_and_named_in_the_text_is_an_entity_of_no_type(
    extract: Extract, target: str, text: str
) -> None:
    found = extract(text, {"entities": [ADA], "facts": [{**FOUNDED, "target": target, "fact": text}]})
    assert [(one.name, one.type) for one in found.entities] == [("Ada Moreno", "Person"), (target, "Entity")]
    assert [(one.source, one.target) for one in found.facts] == [("Ada Moreno", target)]


@case(75)
@pytest.mark.parametrize("target", ["Napoleon", "1998", "she", "She", "in", "the firm", "", "x" * 300])
def test_an_end_that_is_no_name_of_the_text_is_left_out_with_its_fact(target: str) -> None:
    found = read({"entities": [ADA], "facts": [{**FOUNDED, "target": target}]}, text=f"She left. {TEXT} She is in the firm.")
    assert [one.name for one in found.extraction.entities] == ["Ada Moreno"]
    assert found.extraction.facts == []
    assert found.dropped["fact without two entities"] == 1


@case(75)
def test_a_type_in_a_list_ends_by_id_and_an_end_declared_nowhere_come_through_together(extract: Extract) -> None:
    answer = {
        "entities": [{"id": 1, "name": "Ada Moreno", "type": ["Person", "Founder"]}],
        "facts": [{**FOUNDED, "source": 1}, {**FOUNDED, "source": {"id": 1}, "target": "Plymouth", "relation": "WORKED_IN"}],
    }
    found = extract(TEXT, answer)
    assert [(one.name, one.type) for one in found.entities] == [
        ("Ada Moreno", "Person"),
        ("Moreno Works", "Entity"),
        ("Plymouth", "Entity"),
    ]
    assert [(one.source, one.target) for one in found.facts] == [("Ada Moreno", "Moreno Works"), ("Ada Moreno", "Plymouth")]


@case(75)
def test_a_fact_that_is_too_long_is_cut_at_a_sentence_and_counted(extract: Extract) -> None:
    sentence = "Ada Moreno founded Moreno Works. "
    answer = {"entities": [ADA, WORKS], "facts": [{**FOUNDED, "fact": sentence * 60}]}
    (found,) = extract(TEXT, answer).facts
    assert MAX_FACT_LENGTH - len(sentence) < len(found.fact) <= MAX_FACT_LENGTH
    assert found.fact.endswith("Moreno Works.")
    assert read(answer).dropped["words beyond the longest fact"] == 5 * 60 - len(found.fact.split())


@pytest.mark.parametrize(
    ("said", "ends", "least"),
    [("word " * 400, "word…", 900), ("x" * 5000, "Works:…", 30), ("东京是首都。" * 400, "首都。", 900)],
)
def test_a_fact_that_is_too_long_keeps_within_its_bound_whatever_its_words(said: str, ends: str, least: int) -> None:
    said = f"Ada Moreno founded Moreno Works: {said}"
    (found,) = read({"entities": [ADA, WORKS], "facts": [{**FOUNDED, "fact": said}]}).extraction.facts
    assert least < len(found.fact) <= MAX_FACT_LENGTH
    assert found.fact.endswith(ends)


@case(75)
@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({k: v for k, v in FOUNDED.items() if k != "fact"}, TEXT),
        ({k: v for k, v in FOUNDED.items() if k not in ("fact", "quote")}, "Ada Moreno founded Moreno Works"),
        (["Ada Moreno", "FOUNDED", "Moreno Works"], "Ada Moreno founded Moreno Works"),
        ({"head": "Ada Moreno", "type": "founded", "tail": "Moreno Works"}, "Ada Moreno founded Moreno Works"),
    ],
)
def test_a_fact_without_its_sentence_is_said_in_its_quotes_or_its_own_words(item: Any, sentence: str) -> None:
    (found,) = read({"entities": [ADA, WORKS], "facts": [item]}).extraction.facts
    assert (found.relation, found.fact) == ("FOUNDED", sentence)


BOTH_MORENOS = "Ada Moreno met Bert Moreno. Moreno founded Moreno Works."


def morenos(first: str, second: str) -> dict[str, Any]:
    return {
        "entities": [
            {"name": "Ada Moreno", "type": "Person", "aliases": [first]},
            {"name": "Bert Moreno", "type": "Person", "aliases": [second]},
            WORKS,
        ],
        "facts": [{**FOUNDED, "source": "Moreno", "fact": "Moreno founded Moreno Works."}],
    }


@case(74)
@pytest.mark.parametrize("second", ["Moreno", "moreno", " MORENO "])
def test_a_fact_given_by_what_two_are_called_is_given_to_neither(extract: Extract, second: str) -> None:
    answer = morenos("Moreno", second)
    found = extract(BOTH_MORENOS, answer)
    assert [one.name for one in found.entities] == ["Ada Moreno", "Bert Moreno", "Moreno Works"]
    assert [len(one.mentions) for one in found.entities] == [1, 1, 1]
    assert found.facts == []
    assert read(answer, BOTH_MORENOS).dropped["end that means several entities"] == 1


@case(74)
def test_a_fact_given_by_what_one_is_called_is_given_to_it(extract: Extract) -> None:
    found = extract(BOTH_MORENOS, morenos("Moreno", "B."))
    assert [one.source for one in found.facts] == ["Ada Moreno"]


@case(74)
def test_an_alias_that_is_anothers_name_is_its_name() -> None:
    answer = {**morenos("Moreno", "x"), "facts": [{**FOUNDED, "source": "Bert Moreno"}]}
    answer["entities"][0]["aliases"] = ["Bert Moreno"]
    assert [one.source for one in read(answer, BOTH_MORENOS).extraction.facts] == ["Bert Moreno"]


@case(73)
def test_names_and_relations_of_other_scripts_are_kept_and_a_fact_of_one_entity_is_not(extract: Extract) -> None:
    text = "田中太郎は東京で生まれた。"
    born = {"source": "田中太郎", "relation": "生まれた", "target": "東京", "fact": text}
    answer = {
        "entities": [{"name": "田中太郎", "type": "Person"}, {"name": "東京", "type": "Location"}],
        "facts": [born, {**born, "target": "田中太郎"}],
    }
    found = extract(text, answer)
    assert [(one.source, one.relation, one.target) for one in found.facts] == [("田中太郎", "生まれた", "東京")]


def test_ends_are_known_whatever_their_quotes_hyphens_and_width() -> None:
    text = "Sean O’Brien founded Levi–Strauss."
    answer = {
        "entities": [{"name": "Sean O’Brien", "type": "Person"}, {"name": "Levi–Strauss", "type": "Organization"}],
        "facts": [{**FOUNDED, "source": "Sean O'Brien", "target": "Ｌｅｖｉ-Strauss", "fact": text}],
    }
    (found,) = read(answer, text).extraction.facts
    assert (found.source, found.target) == ("Sean O’Brien", "Levi–Strauss")


def test_one_name_said_twice_has_the_type_that_one_of_them_gives() -> None:
    found = read({"entities": [{"name": "Ada Moreno"}, ADA]}).extraction
    assert [(one.name, one.type) for one in found.entities] == [("Ada Moreno", "Person")]
