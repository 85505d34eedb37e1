"""French texts are read by French grammar: names with their types, relations in the words English has for them, and dates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fathom.extraction.model import Extraction
from fathom.extraction.rules.extractor import OfflineModel

MODEL = OfflineModel()  # loads its weights once, at the first text
LETTER = (
    "Le Dr Jean Martin, directeur de la Société des Forges de Lorient, travaille pour la Compagnie générale transatlantique "
    "depuis 1921. M. Dupont a succédé à Hélène Moreau en mars 1934. L'Université de Strasbourg a été fondée par Jean Sturm en "
    "1538.\n\nMarie Curie est née à Varsovie le 7 novembre 1867. Elle a épousé Pierre Curie en 1895. Le port de Brest "
    "appartient à la Marine nationale. Airbus a racheté Bombardier en 2018."
)


@pytest.fixture(scope="module")
def letter() -> Extraction:
    """What the model finds in the letter."""
    return MODEL.extract([LETTER])[0]


def test_names_stand_without_article_and_title_and_have_their_types(letter: Extraction) -> None:
    types = {entity.name: entity.type for entity in letter.entities}
    assert types["Jean Martin"] == "Person"
    assert types["Dupont"] == "Person"
    assert types["Société des Forges de Lorient"] == "Organization"
    assert types["Compagnie générale transatlantique"] == "Organization"
    assert types["Université de Strasbourg"] == "Organization"
    assert types["Varsovie"] == "Location"


@pytest.mark.parametrize(
    ("source", "relation", "target", "since"),
    [
        ("Jean Martin", "DIRECTOR_OF", "Société des Forges de Lorient", None),
        ("Jean Martin", "WORKS_FOR", "Compagnie générale transatlantique", datetime(1921, 1, 1, tzinfo=UTC)),
        ("Dupont", "SUCCEEDED", "Hélène Moreau", datetime(1934, 3, 1, tzinfo=UTC)),
        ("Jean Sturm", "FOUNDED", "Université de Strasbourg", datetime(1538, 1, 1, tzinfo=UTC)),
        ("Marie Curie", "BORN_IN", "Varsovie", datetime(1867, 11, 7, tzinfo=UTC)),
        ("Marie Curie", "MARRIED_TO", "Pierre Curie", datetime(1895, 1, 1, tzinfo=UTC)),
        ("port de Brest", "OWNED_BY", "Marine nationale", None),
        ("Airbus", "ACQUIRED", "Bombardier", datetime(2018, 1, 1, tzinfo=UTC)),
    ],
)
def test_relations_are_read_off_the_grammar(
    letter: Extraction, source: str, relation: str, target: str, since: datetime | None
) -> None:
    told = {(fact.source, fact.relation, fact.target): fact.valid_at for fact in letter.facts}
    assert told[source, relation, target] == since


def test_every_fact_quotes_its_sentence_and_every_mention_its_name(letter: Extraction) -> None:
    for fact in letter.facts:
        assert " ".join(LETTER[slice(*fact.span)].split()) == fact.fact
    for entity in letter.entities:
        assert entity.name in {LETTER[start:end] for start, end in entity.mentions}


def test_a_relation_that_english_has_no_word_for_has_the_french_one_without_accents() -> None:
    text = "Le maréchal Philippe Leclerc a libéré la ville de Strasbourg. Henri Dupré a décoré Léa Œuvrard."
    relations = {(fact.source, fact.relation) for fact in MODEL.extract([text])[0].facts}
    assert {("Philippe Leclerc", "LIBERE"), ("Henri Dupré", "DECORE")} <= relations


def test_months_titles_and_pronouns_are_no_names() -> None:
    text = "Monsieur le Président a écrit en Janvier. Elle lui répondit Lundi. Le Conseil en prit note dans la Section 3."
    assert [entity.name for entity in MODEL.extract([text])[0].entities] == []


def test_english_and_french_texts_of_one_batch_are_each_read_by_their_own_rules() -> None:
    english = "Helen Marsh, director of the Kelmouth Harbour Trust, moved to Newcastle in March 2022."
    first, second = MODEL.extract([english, LETTER])
    assert first == MODEL.extract([english])[0]
    assert second == MODEL.extract([LETTER])[0]
    assert ("Helen Marsh", "DIRECTOR_OF") in {(fact.source, fact.relation) for fact in first.facts}


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Louise Bertin est une architecte française née à Grenoble en 1954.", ("Louise Bertin", "BORN_IN", "Grenoble")),
        (
            "Louise Bertin est une architecte née à Grenoble. Elle fonde en 1987 l'agence Atelier Vercors avec son mari.",
            ("Louise Bertin", "FOUNDED", "Atelier Vercors"),
        ),
        (
            "Sedan est une commune des Ardennes. Elle a été fondée par Évrard de La Marck en 1424.",
            ("Évrard de La Marck", "FOUNDED", "Sedan"),
        ),
    ],
)
def test_clauses_and_pronouns_are_said_of_what_they_stand_for(text: str, fact: tuple[str, str, str]) -> None:
    assert fact in {(one.source, one.relation, one.target) for one in MODEL.extract([text])[0].facts}


def test_a_role_before_a_comma_names_a_person_and_a_kind_before_a_name_its_type() -> None:
    text = "Son directeur général, Yves Le Goff, a quitté l'agence Atelier Vercors pour la société Kervran."
    types = {one.name: one.type for one in MODEL.extract([text])[0].entities}
    assert (types["Yves Le Goff"], types["Atelier Vercors"]) == ("Person", "Organization")
