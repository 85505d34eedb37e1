"""`fathom extract` shows what would go into the graph with its confidence, and all that was found where that is asked."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import fathom
from fathom import settings as settings_module
from fathom.extraction import factory
from fathom.extraction.model import Entity, Extraction, Fact, LanguageModel
from fathom.knowledge.confidence_filter import FACT_BELOW
from fathom.settings import Settings
from tests.fathom.cli.conftest import Call


class Model(LanguageModel):
    """Knows Ada well, and is not sure whom she met."""

    name = prompt = "known/1"

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        people = [Entity(name=name, type="Person", mentions=[(0, 3)], confidence=0.9) for name in ("Ada", "Bo", "Cy")]
        met = [
            Fact(
                source="Ada", target=name, relation="MET", fact=f"Ada met {name}.", span=(0, 3), property=given, confidence=sure
            )
            for name, sure, given in (("Bo", 0.91, "P3342"), ("Cy", 0.5, None))
        ]
        return [Extraction(entities=people, facts=met) for _ in texts]


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of which the model finds the same as of any other."""
    monkeypatch.setattr(factory, "open_language_model", lambda settings: Model())
    file = tmp_path / "a.txt"
    file.write_text("Ada met Bo.")
    return str(file)


def test_what_is_below_the_least_confidence_is_counted_and_shown_where_all_is_asked_for(call: Call, text: str) -> None:
    found = call("extract", text).json
    assert [(one["target"], one["confidence"], one["property"]) for one in found["facts"]] == [("Bo", 0.91, "P3342")]
    assert ([one["confidence"] for one in found["entities"]], found["left_out"]) == ([0.9] * 3, {FACT_BELOW: 1})
    every = call("extract", text, "--all").json
    assert [(one["target"], one["confidence"], one["property"]) for one in every["facts"]][1:] == [("Cy", 0.5, None)]
    assert every["left_out"] == {}


def test_the_table_shows_them_too(call: Call, text: str) -> None:
    done = call("extract", text, "--to", "table")
    assert [line.split()[-6:-3] for line in done.out.splitlines() if "MET" in line] == [["Bo", "P3342", "0.91"]]
    assert f"{FACT_BELOW} (1)" in done.err


def test_lines_of_the_standard_input_are_answered_alike(call: Call, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for words, facts in (((), 1), (("--all",), 2)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"id": "a", "text": "Ada met Bo."}')))
        assert len(json.loads(call("extract", "-", *words).out)["facts"]) == facts


def test_the_setting_says_what_the_least_is(call: Call, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_MIN_CONFIDENCE", "0.95")
    settings_module.settings.cache_clear()
    assert call("extract", text).json["facts"] == []


def test_the_python_call_does_the_same(text: str, home_settings: Settings) -> None:
    assert len(fathom.extract("Ada met Bo.", settings=home_settings).facts) == 1
    assert len(fathom.extract("Ada met Bo.", settings=home_settings, everything=True).facts) == 2
