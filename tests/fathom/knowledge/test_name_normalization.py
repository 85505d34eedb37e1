"""Every name has a key, the same however it is written, and its own key is that key."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.knowledge.name_normalization import MAX_NAME, name_parts, normalize_name
from tests.fathom.knowledge.generated_names import every_character, faults, generated_names

MAX_MS = 10.0  # for the ten keys that are made of one generated name; a busy machine takes two


def faulty(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    return [(ascii(name), found) for name in names if (found := faults(name))]


@pytest.mark.case("K1", 71)
def test_generated_names_of_every_script_have_keys_that_hold() -> None:
    assert faulty(generated_names(2_000)) == []


@pytest.mark.evaluation
@pytest.mark.timeout(1800)
def test_a_hundred_thousand_generated_names_have_keys_that_hold() -> None:
    began = time.monotonic()
    assert faulty(generated_names(100_000, seed=20261130)) == []
    assert (time.monotonic() - began) * 1000 / 100_000 < MAX_MS


@pytest.mark.evaluation
@pytest.mark.timeout(1800)
def test_every_character_has_a_key_that_holds() -> None:
    assert faulty(every_character()) == []


def test_ten_thousand_names_of_real_texts_have_keys_that_hold(corpora: Path) -> None:
    texts = [json.loads(line) for line in _lines(corpora)]
    names = {mention["name"] for text in texts for entity in text["vertexSet"] for mention in entity}
    words = (" ".join(words[start : start + 2]) for text in texts for words in text["sents"] for start in range(len(words)))
    found = list(islice(dict.fromkeys([*sorted(names), *words]), 10_000))
    assert len(found) == 10_000
    assert faulty(found) == []


def test_the_spellings_of_an_entity_of_real_texts_have_no_more_keys_than_spellings(corpora: Path) -> None:
    texts = [json.loads(line) for line in _lines(corpora)]
    spelled = [{mention["name"] for mention in entity} for text in texts for entity in text["vertexSet"]]
    assert sum(len({normalize_name(name) for name in names}) for names in spelled) < sum(map(len, spelled))


def _lines(corpora: Path) -> list[str]:
    files = sorted((corpora / "knowledge" / "re-docred").glob("*.json*"))
    for file in files:
        text = file.read_text(encoding="utf-8")
        if '"vertexSet"' in text[:200_000]:
            return [json.dumps(one) for one in json.loads(text)] if text.lstrip().startswith("[") else text.splitlines()
    pytest.skip("the corpora have no re-docred")


@given(st.text(max_size=30))
def test_any_text_has_a_key_that_holds(name: str) -> None:
    assert faults(name) == []


@pytest.mark.parametrize(
    "form", ["SE", "AB", "SA", "KG", "SAS", "SRL", "SpA", "Oy", "AS", "A/S", "OOO", "S.A.", "GmbH & Co. KG"]
)
def test_a_legal_form_does_not_count_in_any_case(form: str) -> None:
    for name in (f"Kelmouth {form}", f"KELMOUTH {form.upper()}", f"kelmouth {form.lower()}", f"Kelmouth, {form}"):
        assert normalize_name(name) == "kelmouth"
        assert name_parts(name).legal == name_parts(f"Kelmouth {form}").legal != ""


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (("株式会社トヨタ", "トヨタ株式会社", "(株)トヨタ", "㈱トヨタ", "トヨタ 株式会社"), "トヨタ"),
        (("华为技术有限公司", "华为技术"), "华为技术"),
        (("ООО «Газпром»", "Газпром, ООО", "ГАЗПРОМ"), "газпром"),
        (("Grupo Bimbo, S.A.B. de C.V.", "Grupo Bimbo"), "grupo bimbo"),
        (("삼성전자 주식회사", "주식회사 삼성전자", "(주)삼성전자"), "삼성전자"),
        (("טבע בע״מ", "טבע"), "טבע"),
        (("Dr. Oetker KG", "Dr Oetker"), "dr oetker"),
        (("Toyota Motor Co., Ltd.", "Toyota Motor Limited"), "toyota motor"),
        (("W.H.O.", "WHO", "who", "W. H. O."), "who"),
        (("the U.S.", "US", "U. S.", "the US"), "us"),
        (("The Who", "the who", "THE WHO"), "the who"),
        (("The Sun", "the Sun"), "the sun"),
        (("Port of Kelmouth (PoK)", "PoK (Port of Kelmouth)", "PORT OF KELMOUTH (POK)"), "port of kelmouth"),
        (("al-Qaeda", "Al Qaeda", "AL–QAEDA", "al‑Qaeda"), "al qaeda"),
        (("Ludwig van Beethoven", "Ludwig Van Beethoven"), "ludwig van beethoven"),
        (("O’Brien", "O'Brien", "O´Brien", "OʼBrien"), "obrien"),
        (("Αθήνα", "ΑΘΗΝΑ"), "αθηνα"),
        (("Королёв", "КОРОЛЕВ"), "королев"),
        (("مُحَمَّد", "محمد"), "محمد"),
        (("史蒂夫·乔布斯", "史蒂夫・乔布斯", "史蒂夫 乔布斯"), "史蒂夫乔布斯"),
        (("-5", "−5"), "~5"),
        (("C#", "c♯", "Ｃ＃"), "c#"),
    ],
)
def test_spellings_of_one_name_in_any_script_have_one_key(names: tuple[str, ...], key: str) -> None:
    assert {normalize_name(name) for name in names} == {key}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C++", "C"),
        (".NET", "Net"),
        ("5", "-5"),
        ("The Sun", "Sun"),
        ("Apple 🍎", "Apple"),
        ("🍎", "🍐"),
        ("Mr Smith", "Mrs Smith"),
        ("が", "か"),
        ("Київ", "Киiв"),
        ("!!!", "???"),
        ("SE", "AB"),
        ("x", "y"),
    ],
)
def test_what_tells_names_of_any_script_apart_is_kept(one: str, other: str) -> None:
    assert normalize_name(one) != normalize_name(other)


@pytest.mark.parametrize(
    "name", ["SE", "Ltd.", "GmbH & Co. KG", "株式会社", "The", "...", "\u200b", "'s", "|", "\ud83d", "🍎", "A", "()"]
)
def test_a_name_of_nothing_but_what_does_not_count_has_a_key(name: str) -> None:
    assert normalize_name(name)
    assert faults(name) == []


def test_accents_and_legal_form_are_kept_beside_the_key() -> None:
    assert name_parts("Nestlé S.A.") == ("nestle", "nestlé", "sa")
    assert name_parts("Shell Limited").legal == name_parts("shell ltd").legal == "ltd"
    assert name_parts("Müller GmbH").legal != name_parts("Müller GmbH & Co. KG").legal


@pytest.mark.parametrize(
    "part", ["'", "(", "(a) ", "a.", "a ", "李 ", "Ltd ", "the ", "dr ", ".,", "-5", "\u0301", "株式会社", "& "]
)
@pytest.mark.parametrize("length", [MAX_NAME - 1, MAX_NAME + 1, 50_000])
def test_a_name_of_any_length_has_its_key_soon(part: str, length: int) -> None:
    name = (part * length)[: length - 1] + "x"
    began = time.process_time()
    key = name_parts.__wrapped__(name).key
    assert time.process_time() - began < 2
    assert normalize_name(key) == key == normalize_name(name.upper())
