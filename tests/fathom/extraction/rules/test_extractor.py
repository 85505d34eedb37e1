"""The model that needs no key finds names, types and facts, says where they stand, and always answers the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fathom.extraction.model import Extraction
from fathom.extraction.rules.extractor import PIECE, OfflineModel

LETTER = (
    "Dr Ingrid Solberg works for Northgate Engineering in Newcastle. Solberg reported to Helen Marsh in March 2022.\n\n"
    "Helen Marsh, director of the Kelmouth Harbour Trust, thanked the Kelmouth Harbour Trust's engineers."
)
MODEL = OfflineModel()  # loads its weights once, at the first text


def found(text: str) -> Extraction:
    """What the model finds in the text."""
    return MODEL.extract([text])[0]


def test_people_organizations_and_places_are_found_with_their_types() -> None:
    types = {entity.name: entity.type for entity in found(LETTER).entities}
    assert types["Ingrid Solberg"] == "Person"
    assert types["Helen Marsh"] == "Person"
    assert types["Northgate Engineering"] == "Organization"
    assert types["Kelmouth Harbour Trust"] == "Organization"
    assert types["Newcastle"] == "Location"


def test_a_surname_alone_is_the_person_of_the_full_name() -> None:
    extraction = found(LETTER)
    (solberg,) = [entity for entity in extraction.entities if "Solberg" in entity.name]
    assert [LETTER[start:end] for start, end in solberg.mentions] == ["Ingrid Solberg", "Solberg"]


def test_facts_join_entities_of_the_text_and_quote_the_sentence_that_says_them() -> None:
    extraction = found(LETTER)
    names = {entity.name for entity in extraction.entities}
    assert extraction.facts
    for fact in extraction.facts:
        assert {fact.source, fact.target} <= names
        assert " ".join(LETTER[slice(*fact.span)].split()) == fact.fact
    told = {(fact.source, fact.target): fact for fact in extraction.facts}
    assert told["Helen Marsh", "Kelmouth Harbour Trust"].relation == "DIRECTOR_OF"
    assert told["Ingrid Solberg", "Helen Marsh"].valid_at == datetime(2022, 3, 1, tzinfo=UTC)


def test_answers_stand_in_the_order_of_the_texts() -> None:
    texts = ["Helen Marsh went to London.", "", LETTER]
    assert MODEL.extract(texts) == [found(text) for text in texts]


def test_the_offsets_count_characters_not_bytes() -> None:
    text = "😀 é 東京 — Helen Marsh met Ingrid Solberg in Newcastle."
    for entity in found(text).entities:
        assert entity.name in {text[start:end] for start, end in entity.mentions}


def test_a_text_longer_than_a_piece_keeps_its_offsets() -> None:
    text = "nothing to see here\n" * (PIECE // 20 + 5) + LETTER
    (marsh,) = [entity for entity in found(text).entities if entity.name == "Helen Marsh"]
    assert {text[start:end] for start, end in marsh.mentions} == {"Helen Marsh"}
    assert min(marsh.mentions)[0] > PIECE


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\0" * 50, "\ud800 Helen Marsh \udfff", "| a | b |\n" * 50, "שלום עולם", "x" * 50_000]
)
def test_what_is_no_prose_gives_an_answer_too(text: str) -> None:
    assert isinstance(found(text), Extraction)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300))
@example("Helen Marsh's dog. The U.S. Navy's.")
@example("A (B) «C» “D”")
def test_every_place_lies_in_the_text_and_the_same_text_gives_the_same(text: str) -> None:
    extraction = found(text)
    assert extraction == found(text)
    for start, end in [place for entity in extraction.entities for place in entity.mentions]:
        assert 0 <= start < end <= len(text)
    for fact in extraction.facts:
        assert 0 <= fact.span[0] < fact.span[1] <= len(text)


def entity(text: str, name: str) -> list[str]:
    """How the text writes the entity of that name, at each of its places."""
    return [text[start:end] for one in found(text).entities if one.name == name for start, end in one.mentions]


@pytest.mark.parametrize(
    ("text", "name", "written"),
    [
        (
            'Wilfried "Willi" Schneider raced. Schneider won.',
            'Wilfried "Willi" Schneider',
            ['Wilfried "Willi" Schneider', "Schneider"],
        ),
        ("Foulsyke is a small hamlet in Cumbria.", "Foulsyke", ["Foulsyke"]),
        ("He wrote for The Sacramento Bee in Leeds.", "Sacramento Bee", ["The Sacramento Bee"]),
        ("Robert Hill was a U.S. Representative from Ohio.", "United States", ["U.S."]),
        ("The Vice Admiral met Helen Marsh in London.", "Vice Admiral", []),
        (
            "The Kelmouth Harbour Trust (KHT) met. The KHT chose.",
            "Kelmouth Harbour Trust",
            ["Kelmouth Harbour Trust", "KHT", "KHT"],
        ),
        ("He joined the San Antonio Spurs in May. The Spurs won.", "San Antonio Spurs", ["San Antonio Spurs", "Spurs"]),
    ],
)
def test_a_name_reaches_as_far_as_it_is_one_and_is_joined_with_its_other_forms(
    text: str, name: str, written: list[str]
) -> None:
    assert entity(text, name) == written


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("Torbrook is a village in Norway.", "Torbrook", "Location"),
        ("She works for the company Torbrook.", "Torbrook", "Organization"),
        ("He met the singer Torbrook there.", "Torbrook", "Person"),
        ("They recorded the album Torbrook there.", "Torbrook", "Work"),
        ("It was sold in France.", "France", "Location"),
        ("A French company sold it.", "French", "Group"),
    ],
)
def test_the_words_around_a_name_tell_its_type(text: str, name: str, kind: str) -> None:
    assert [one.type for one in found(text).entities if one.name == name] == [kind]


def told(text: str) -> set[tuple[str, str, str]]:
    """The facts of a text as source, relation and target."""
    return {(fact.source, fact.relation, fact.target) for fact in found(text).facts}


def test_a_place_before_a_place_lies_in_it() -> None:
    assert ("Leith", "LOCATED_IN", "Scotland") in told("The ship was built in Leith, Scotland.")


def test_a_pronoun_stands_for_the_person_a_text_is_about() -> None:
    text = "Ingrid Solberg is a Norwegian engineer. In 2004 she joined Northgate Engineering."
    assert ("Ingrid Solberg", "HAS_NATIONALITY", "Norwegian") in told(text)
    assert ("Ingrid Solberg", "JOINED", "Northgate Engineering") in told(text)


def test_names_of_one_sentence_that_no_word_joins_are_no_fact() -> None:
    assert not told("Attendance: Helen Marsh; Baltic Dredging.")


def test_what_lasts_has_no_date_of_its_sentence() -> None:
    (fact,) = (fact for fact in found("In 1998 she moved to Leith, Scotland.").facts if fact.relation == "LOCATED_IN")
    assert (fact.valid_at, fact.invalid_at) == (None, None)


def test_places_of_a_list_lie_not_in_each_other() -> None:
    places = {"Newcastle", "Leith", "Dundee"}
    facts = told("Ferries sail from Kelmouth to Newcastle, Leith and Dundee.")
    assert not {fact for fact in facts if {fact[0], fact[2]} <= places}


def test_a_pronoun_stands_for_the_subject_before_it_sooner_than_for_what_the_text_is_about() -> None:
    facts = told("Helen Marsh met Ingrid Solberg. Solberg moved to Leith. She joined Northgate Engineering in 2020.")
    assert ("Ingrid Solberg", "JOINED", "Northgate Engineering") in facts


def test_it_may_be_a_place() -> None:
    facts = told("Kelmouth Harbour is a port. It was built by Northgate Engineering.")
    assert ("Northgate Engineering", "BUILT", "Kelmouth Harbour") in facts


def test_names_that_hold_names_say_nothing_by_themselves() -> None:
    facts = told("The University of Alberta opened. Helen Marsh and Tom Marsh live in Alberta.")
    assert facts == {("Helen Marsh", "LIVES_IN", "Alberta"), ("Tom Marsh", "LIVES_IN", "Alberta")}


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Helen Marsh is an engineer who founded Northgate Engineering.", ("Helen Marsh", "FOUNDED", "Northgate Engineering")),
        ("She joined Avex Trax, a label owned by Sony.", ("Avex Trax", "OWNED_BY", "Sony")),
        (
            "Northgate Engineering is a company in Leith. The company was founded by Helen Marsh.",
            ("Helen Marsh", "FOUNDED", "Northgate Engineering"),
        ),
        (
            "Helen Marsh lives in Leith. Her husband, Tom Reed, wrote the novel Torbrook.",
            ("Tom Reed", "MARRIED_TO", "Helen Marsh"),
        ),
    ],
)
def test_clauses_nouns_and_owners_are_said_of_what_they_stand_for(text: str, fact: tuple[str, str, str]) -> None:
    assert fact in told(text)


def test_what_is_said_of_another_is_not_said_of_what_the_text_is_about() -> None:
    text = "Helen Marsh is an engineer in Leith. She saw how Tom Reed wrote Torbrook."
    assert not {one for one in told(text) if {one[0], one[2]} == {"Helen Marsh", "Torbrook"}}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("They live in the Moravian-Silesian Region of the country.", "Moravian-Silesian Region"),
        ("He is buried in St. Joseph's Cemetery in Leith.", "St. Joseph's Cemetery"),
        ("The road is closely paralleled by New Hampshire Route 110.", "New Hampshire Route 110"),
        ("She was the daughter of King Constantine I of Greece.", "Constantine I"),
        ("He died in the Angolan civil war at home.", "Angolan civil war"),
    ],
)
def test_hyphens_possessives_numbers_and_small_words_belong_to_a_name(text: str, name: str) -> None:
    assert entity(text, name) == [name]


def test_a_person_with_initials_is_the_one_whose_names_they_begin() -> None:
    text = "John Henry Dearle was an English designer. J. H. Dearle died in Leith."
    assert entity(text, "John Henry Dearle") == ["John Henry Dearle", "J. H. Dearle"]


def test_a_pronoun_that_may_mean_two_says_nothing() -> None:
    assert not {fact for fact in told("Helen Marsh met Ann Lee. Her husband, Tom Reed, left.") if fact[1] == "MARRIED_TO"}


@pytest.mark.case("100")
@pytest.mark.parametrize(
    "text",
    [
        "Ukrainian officials assess that Belarus is unlikely to attack Ukraine.",
        "Siemens did not acquire Bosch.",
        "Ada Moreno never worked for Moreno Works.",
        "Did Siemens acquire Bosch?",
        "If Siemens acquires Bosch, shares will rise.",
        "Siemens may acquire Bosch.",
        "Siemens plans to acquire Bosch.",
        "Siemens denied that it had acquired Bosch.",
        "It is not true that Siemens acquired Bosch.",
        "There is no truth in the story that Siemens acquired Bosch.",
        "It is false that Siemens acquired Bosch.",
        "The report that Siemens acquired Bosch was wrong.",
        "The paper wrongly stated that Siemens acquired Bosch.",
        "According to a rumour, Siemens acquired Bosch.",
        "Siemens is said to have acquired Bosch.",
        "The conference was held in Oslo, Bergen and Hamburg.",
        "The Wagner Group broke through Ukrainian lines near Bakhmut.",
    ],
)
def test_what_is_denied_asked_supposed_or_only_stands_near_is_no_fact(text: str) -> None:
    assert told(text) == set()


def test_a_heading_is_no_part_of_the_sentence_below_it() -> None:
    text = (
        "The Rebuilding of Kelmouth Harbour\nThe works\nThe Kelmouth Harbour Trust chose Northgate Engineering on 12 May 2021."
    )
    assert told(text) == {("Kelmouth Harbour Trust", "CHOSE", "Northgate Engineering")}


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("The town of Kelmouth founded the Kelmouth Harbour Trust.", ("Kelmouth", "FOUNDED", "Kelmouth Harbour Trust")),
        ("Margaret Ellison had led the port of Leith for nine years.", ("Margaret Ellison", "LED_PORT_OF", "Leith")),
        ("Instagram was bought by Facebook in 2012.", ("Facebook", "ACQUIRED", "Instagram")),
        ("Bill Gates, chairman of Microsoft, met Ada Moreno.", ("Bill Gates", "CHAIR_OF", "Microsoft")),
        ("Nokia chief executive Ada Moreno resigned.", ("Ada Moreno", "CEO_OF", "Nokia")),
    ],
)
def test_the_direction_is_that_of_the_sentence(text: str, fact: tuple[str, str, str]) -> None:
    assert fact in told(text)


def test_a_relation_has_its_property_of_wikidata_where_the_direction_is_the_same() -> None:
    properties = {fact.relation: fact.property for fact in found("Ada Moreno works for Nokia. She founded Moreno Works.").facts}
    assert properties == {"WORKS_FOR": "P108", "FOUNDED": None}


@pytest.mark.case("103")
def test_each_of_two_objects_has_its_own_date() -> None:
    facts = found("Microsoft bought LinkedIn in 2016 and GitHub in 2018.").facts
    assert {fact.target: fact.valid_at and fact.valid_at.year for fact in facts} == {"LinkedIn": 2016, "GitHub": 2018}


def test_a_row_of_a_table_is_read_by_the_heads_of_its_columns() -> None:
    facts = told("| Name | Born in | Employer |\n|-|-|-|\n| Emil Nygaard | Aarhus | Danske Bank |")
    assert facts == {("Emil Nygaard", "BORN_IN", "Aarhus"), ("Emil Nygaard", "WORKS_FOR", "Danske Bank")}


@pytest.mark.case("106")
def test_an_office_that_was_held_until_a_year_ends_there() -> None:
    (fact,) = found("Ada Moreno was chief executive of Nokia until 2011.").facts
    assert fact.relation == "CEO_OF"
    assert (fact.valid_at, fact.invalid_at) == (None, datetime(2011, 1, 1, tzinfo=UTC))


@pytest.mark.case("105")
@pytest.mark.parametrize(
    "text",
    [
        "Angela Merkel wurde am 17. Juli 1954 in Hamburg geboren. Die Siemens AG hat ihren Sitz in München.",
        "Gabriel García Márquez nació en Aracataca en 1927. El Banco Santander fue fundado en Santander en 1857.",
        "马云于1999年在杭州创立了阿里巴巴集团。",
    ],
)
def test_a_text_in_a_language_that_is_not_read_gives_nothing(text: str) -> None:
    assert found(text) == Extraction(entities=[], facts=[])


def test_who_resigns_from_an_office_held_it_until_then() -> None:
    (fact,) = found("Margaret Ellison resigned as director of the Kelmouth Harbour Trust on 31 August 2023.").facts
    assert (fact.relation, fact.valid_at, fact.invalid_at) == ("DIRECTOR_OF", None, datetime(2023, 8, 31, tzinfo=UTC))


@pytest.mark.parametrize("name", ["SAP SE", "Nestlé SA", "Moreno AB", "Ferrari SpA", "Airbus SE", "Shell plc"])
def test_a_name_with_a_legal_form_is_a_whole_firm(name: str) -> None:
    types = {one.name: one.type for one in found(f"{name} was founded by Ada Moreno in 1972.").entities}
    assert types.get(name) == "Organization"
