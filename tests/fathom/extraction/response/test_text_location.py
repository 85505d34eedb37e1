"""Names and quotes of an answer are found in the text by what they say, never so loosely that another name is taken."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.extraction.model import Extraction
from fathom.extraction.response.response_parser import parse_response
from fathom.extraction.response.text_location import SourceText
from fathom.extraction.response.texts.inflection import MIN_STEM
from fathom.extraction.response_schema import Vocabulary
from tests.fathom.llm.messages_server import MessagesServer

case = pytest.mark.case
Extract = Callable[[str, Any], Extraction]


def found(text: str, *names: str) -> list[list[str]]:
    """What the text has at the places of each name."""
    places = SourceText(text).places({name: [name] for name in names})
    return [[text[slice(*span)] for span in places[name]] for name in names]


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


TYPOGRAPHY = [
    pytest.param("Sean O’Brien founded Levi’s Yard.", "Sean O'Brien", "Sean O’Brien", marks=case(62)),
    pytest.param("Sean O'Brien founded it.", "Sean O’Brien", "Sean O'Brien", marks=case(62)),
    pytest.param("Seán OʼBrien founded it.", "Seán O`Brien", "Seán OʼBrien", marks=case(62)),
    *(
        pytest.param(text, name, place, marks=case(63))
        for text, name, place in [
            ("She led “Solidarity” then.", '"Solidarity"', "“Solidarity”"),
            ("The Gdańsk–Gdynia line.", "Gdańsk-Gdynia", "Gdańsk–Gdynia"),
            ("The Kel\u200bmouth Har\xadbour.", "Kelmouth Harbour", "Kel\u200bmouth Har\xadbour"),
            ("The Oﬃce closed.", "The Office", "The Oﬃce"),
            ("It is Ｆａｔｈｏｍ Ｌｔｄ.", "Fathom Ltd", "Ｆａｔｈｏｍ Ｌｔｄ"),
            ("Then **Ada** Moreno left.", "Ada Moreno", "Ada** Moreno"),
            ("Then [Ada](https://a.example/x_y) Moreno left.", "Ada Moreno", "Ada](https://a.example/x_y) Moreno"),
            ("Then <b>Ada</b> Moreno left.", "Ada Moreno", "Ada</b> Moreno"),
            ("Marks &amp; Spencer closed.", "Marks & Spencer", "Marks &amp; Spencer"),
            ("Marks &amp;amp; Spencer closed.", "Marks and Spencer", "Marks &amp;amp; Spencer"),
            ("Sean O&#x2019;Brien left.", "Sean O'Brien", "Sean O&#x2019;Brien"),
            ("The Har-\nbour Board.", "Harbour Board", "Har-\nbour Board"),
            ("Jean-\nPaul Marat.", "Jean-Paul Marat", "Jean-\nPaul Marat"),
            ("The co-\noperative Bank.", "Co-operative Bank", "co-\noperative Bank"),
            ("Ada\xa0\n Moreno left.", "Ada Moreno", "Ada\xa0\n Moreno"),
            ("\u202bAda\u202c Moreno left.", "Ada Moreno", "Ada\u202c Moreno"),
        ]
    ),
    pytest.param(nfd("José Núñez left."), "José Núñez", nfd("José Núñez"), marks=case(64)),
    pytest.param("José Núñez left.", nfd("José Núñez"), "José Núñez", marks=case(64)),
    pytest.param(nfd("서울은 크다"), "서울", nfd("서울"), marks=case(64)),
    pytest.param("Bob & Sons / AC\\DC played.", "AC\\DC", "AC\\DC", marks=case(71)),
    pytest.param("The 👩‍🚀 Club met.", "👩‍🚀 Club", "👩‍🚀 Club", marks=case(71)),
    pytest.param('The "Old" Inn, __init__, C++.', '"Old" Inn', '"Old" Inn', marks=case(71)),
    pytest.param("The module __init__ runs.", "__init__", "__init__", marks=case(71)),
]


@pytest.mark.parametrize(("text", "name", "place"), TYPOGRAPHY)
def test_typography_does_not_hide_a_name(text: str, name: str, place: str) -> None:
    assert found(text, name) == [[place]]


@case(65)
@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("Lech Wałęsa pracował w Stoczni Gdańskiej.", "Stocznia Gdańska", "Stoczni Gdańskiej"),
        ("Rząd spotkał się wczoraj z Lechem Wałęsą w Warszawie.", "Lech Wałęsa", "Lechem Wałęsą"),
        ("Die Leitung des Bundesamtes lag in Berlin und Bonn.", "Bundesamt", "Bundesamtes"),
        ("Er arbeitete lange bei der Deutschen Bank in Frankfurt.", "Deutsche Bank", "Deutschen Bank"),
        ("Президент встретился с Анной Петровой в среду.", "Анна Петрова", "Анной Петровой"),
        ("Завод открыли в Москве в прошлом году.", "Москва", "Москве"),
        ("Pääministeri asuu nykyään Helsingissä ja matkustaa usein.", "Helsinki", "Helsingissä"),
        ("Cumhurbaşkanı dün Ankara'da önemli bir konuşma yaptı.", "Ankara", "Ankara"),
        ("Nová kniha Karla Čapka vyšla minulý rok v nakladatelství.", "Karel Čapek", "Karla Čapka"),
    ],
)
def test_inflected_names_are_found(text: str, name: str, place: str) -> None:
    assert found(text, name) == [[place]]


@case(66)
@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("Dr. Ada Moreno met them.", "Dr Ada Moreno", "Ada Moreno"),
        ("Ada Moreno met them.", "Prof. Dr. Ada Moreno, PhD", "Ada Moreno"),
        ("They work for IBM.", "International Business Machines (IBM)", "IBM"),
        (
            "They work for International Business Machines.",
            "IBM (International Business Machines)",
            "International Business Machines",
        ),
        ("Ada and Bert Moreno met.", "Ada Moreno", "Ada"),
        ("Ada, Carl und Bert Moreno met.", "Carl Moreno", "Carl"),
        ("Moreno, Ada: Works.", "Ada Moreno", "Moreno, Ada"),
        ("Ada L. Moreno met them.", "Ada Moreno", "Ada L. Moreno"),
        ("J. R. R. Tolkien wrote.", "JRR Tolkien", "J. R. R. Tolkien"),
        ("Apple, Inc. grew.", "Apple Inc", "Apple, Inc"),
        ("The Levi’s Yard.", "Levis Yard", "Levi’s Yard"),
        ("Jean-Paul Marat.", "Jean Paul Marat", "Jean-Paul Marat"),
        ("Harbour Board met.", "The Harbour Board", "Harbour Board"),
    ],
)
def test_titles_brackets_and_shared_surnames_are_found(text: str, name: str, place: str) -> None:
    assert found(text, name) == [[place]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Iran fell.", "Iraq"), ("Hanna left.", "Anna"), ("In May 2012 it ended.", "May 2011"), ("It was 1,000.", "1"),
        ("Python 3.11 is out.", "Python 3"), ("Nigeria won.", "Niger"), ("Australia won the last match there.", "Austria"),
        ("Roberts left the old house.", "Robert"), ("It was there.", "IT"), ("Who knows?", "WHO"), ("They sat with us.", "US"),
        ("Springfield grew.", "Illinois (Springfield)"[:8]), ("In Illinois they met.", "Springfield (Illinois)"),
        ("Pena left.", "Peña"), ("She saw Ada. Moreno left.", "Ada Moreno"), ("東京大学のイラン", "ラン"),
        ("김민수 씨는 서울에", "김민"), ("The 👩‍🚀 met.", "👩"), ("A 👍🏽 came.", "👍"), ("🇩🇪🇫🇷", "🇪🇫"), (nfd("José"), "Jose"),
        ("Prezydent Iranu przyjechał wczoraj do Warszawy.", "Irak"), ("Rząd Nigerii ogłosił wczoraj nowe wybory.", "Niger"),
        ("Die Regierung von Österreich traf Australiens Minister.", "Austria"), ("Anna met Bert.", "Ada Moreno"),
        ("Apollo 12 landed.", "Apollo 1"), ("Henry VIII died.", "Henry VII"),
    ],
)  # fmt: skip
def test_another_name_is_not_taken(text: str, name: str) -> None:
    assert found(text, name) == [[]]


WORDS = [
    "Ada",
    "Moreno",
    "Élan",
    "Kelmouth",
    "Gdańsk",
    "O’Brien",
    "2011",
    "中",
    "Анна",
    "👩‍🚀",
    "**",
    "&amp;",
    " ",
    "\xad",
    "-\n",
    "_",
]


@given(st.lists(st.sampled_from(WORDS), max_size=14), st.lists(st.sampled_from(WORDS[:9]), min_size=1, max_size=3))
def test_places_are_whole_and_do_not_overlap(parts: list[str], name: list[str]) -> None:
    text = " ".join(parts)
    spans = [span for some in SourceText(text).places({"a": [" ".join(name)], "b": ["Ada"]}).values() for span in some]
    taken = sorted(spans)
    assert all(0 <= start < end <= len(text) for start, end in taken)
    assert all(one[1] <= other[0] for one, other in pairwise(taken))
    assert all(text[start - 1 : start] != "\u200d" and text[end : end + 1] != "\u200d" for start, end in taken)


@given(st.text(alphabet="abcdefgh", min_size=1, max_size=MIN_STEM - 1), st.text(alphabet="abcdefgh", min_size=1, max_size=8))
def test_a_short_name_is_found_exactly_or_not_at_all(name: str, word: str) -> None:
    text = f"Wczoraj prezes zarządu {word} pracował w Warszawie."
    if name not in text.casefold().replace(".", "").split():
        assert found(text, name) == [[]]


@given(st.integers(0, 99999), st.integers(0, 99999))
def test_numbers_are_equal(one: int, other: int) -> None:
    assert bool(found(f"Route {one} ends.", f"Route {other}")[0]) == (one == other)


def test_places_of_a_long_text_are_found_in_one_pass() -> None:
    names = [f"Name{number} Kowalski" for number in range(300)]
    text = " ".join(f"{name.upper()} wrote to {name}’s “friend” in the old harbour of Kelmouth. " for name in names * 40)
    places = SourceText(text[:1_000_000]).places({name: [name, f"{name} Jr"] for name in names})
    assert all(len(spans) >= 20 for spans in places.values())


@case(62, 63)
@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ('Ada\'s yard - the "Old" one', "It was Ada’s yard – the “Old” one."),
        ("It was Ada’s yard... one", "It was Ada’s yard – the “Old” one."),
        ("Bert bought the **harbour** in May", "Bert bought the harbour in May, Carl said."),
        ("Bert had bought the harbour in the May", "Bert bought the harbour in May, Carl said."),
    ],
)
def test_quotes_are_found_by_their_words(quote: str, said: str) -> None:
    text = "Dr. Ada came. It was Ada’s yard – the “Old” one. Bert bought the harbour in May, Carl said.\nThe end."
    span, is_found = SourceText(text).locate_quote(quote, ((), ()))
    assert (text[slice(*span)], is_found) == (said, True)


def test_a_quote_that_nobody_said_is_counted_and_its_fact_is_where_its_ends_are_nearest() -> None:
    text = "Ada came. Bert slept. Then Ada paid Bert. It rained."
    answer = {
        "entities": [{"name": "Ada", "type": "Person"}, {"name": "Bert", "type": "Person"}],
        "facts": [
            {
                "source": "Ada",
                "relation": "PAID",
                "target": "Bert",
                "fact": "Ada paid Bert.",
                "quote": "gave him the whole sum at once",
            }
        ],
    }
    read = parse_response(json.dumps(answer), text, Vocabulary())
    assert read.dropped["quote not in the text"] == 1
    assert text[slice(*read.extraction.facts[0].span)] == "Then Ada paid Bert."


@pytest.fixture
def extract(opened: Any, settings_for: Any, server: MessagesServer) -> Extract:
    """`extract(text, answer)` asks a server that answers so, through its provider's client."""

    def extracted(text: str, answer: Any) -> Extraction:
        server.answering = lambda asked: answer
        return opened(settings_for("openai")).extract([text])[0]  # type: ignore[no-any-return]

    return extracted


@pytest.mark.integration
@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        pytest.param("Sean O’Brien founded Levi’s Yard in 1998.", "Sean O'Brien", "Levi's Yard", marks=case(62)),
        pytest.param("**Ada Moreno** founded The Oﬃce &amp; Co.", "Ada Moreno", "The Office & Co", marks=case(63)),
        pytest.param(nfd("José Núñez gründete das Café."), "José Núñez", "Café", marks=case(64)),
        pytest.param("José Núñez gründete das Café.", nfd("José Núñez"), nfd("Café"), marks=case(64)),
        pytest.param("Lech Wałęsa pracował w Stoczni Gdańskiej.", "Lech Wałęsa", "Stocznia Gdańska", marks=case(65)),
        pytest.param("Dr. Ada Moreno left IBM.", "Dr Ada Moreno", "International Business Machines (IBM)", marks=case(66)),
        pytest.param("Ada and Bert Moreno founded it.", "Ada Moreno", "Bert Moreno", marks=case(66)),
        pytest.param('The 👩‍🚀 Club played "AC\\DC" tunes.', "👩‍🚀 Club", "AC\\DC", marks=case(71)),
    ],
)
def test_nothing_of_an_answer_is_lost_to_typography(extract: Extract, text: str, source: str, target: str) -> None:
    said = {"source": source, "relation": "KNOWS", "target": target, "fact": text, "quote": text}
    things = [{"name": name, "type": "Thing"} for name in (source, target)]
    extraction = extract(text, {"entities": things, "facts": [said]})
    assert {one.name for one in extraction.entities} == {source, target}
    assert [(one.source, one.target) for one in extraction.facts] == [(source, target)]
    assert all(0 <= start < end <= len(text) for one in extraction.entities for start, end in one.mentions)


@pytest.mark.integration
@pytest.mark.case(69, 70)
@pytest.mark.parametrize("dirt", ["\ud83d", "\x1b[31m", "\x00", "\u202e", "\x9b0m", chr(0xDC80)])
def test_nothing_of_an_answer_can_hurt_what_it_is_stored_in_or_shown_on(extract: Extract, dirt: str) -> None:
    text = "Ada Moreno founded Moreno Works."
    said = {
        "source": f"{dirt}Ada Moreno",
        "relation": "FOUNDED",
        "target": "Moreno Works",
        "fact": f"Ada {dirt}founded Moreno Works.",
    }
    things = [{"name": f"{dirt}Ada Moreno", "type": "Person"}, {"name": "Moreno Works", "type": "Organization"}]
    extraction = extract(text, {"entities": things, "facts": [{**said, "quote": f"{dirt}founded"}]})
    stored = extraction.model_dump_json()
    stored.encode()
    assert [one.mentions for one in extraction.entities][1:] == [[(19, 31)]]
    assert len(extraction.facts) == 1
    assert not set(stored) & set("\x1b\x9b\x00\u202e")
    assert "\\u001b" not in stored
    assert "\\u0000" not in stored
