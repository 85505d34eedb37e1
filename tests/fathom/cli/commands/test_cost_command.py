"""`cost`, `budget` and `ingest --estimate`: what was spent, what is left, what would be, and that nothing starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fathom.database import open_database
from fathom.extraction.factory import open_language_model
from fathom.extraction.match_prompts import entity_match, fact_match
from fathom.extraction.pipeline import model_of
from fathom.extraction.prompt import Prompt
from fathom.extraction.response_schema import Vocabulary
from fathom.llm.client import billed_to
from fathom.operations.estimate import MIN_CALLS
from fathom.settings import Settings
from fathom.tables import llm_calls
from tests.fathom.llm.messages_server import OVERLOADED, MessagesServer

TEXTS = [f"{number}. Ada Moreno designed the Tamar Bridge." for number in range(3)]


@pytest.fixture
def spent(home_settings: Settings) -> Settings:
    """A home in which two documents were asked about, one text twice, one try in vain."""
    server = MessagesServer()
    server.faults.append(OVERLOADED)
    asked = {"llm": "anthropic", "llm_base_url": server.url, "anthropic_api_key": server.key}
    model: Any = open_language_model(Settings.model_validate({"home": home_settings.home, **asked}))
    for document in ("law/a.md", "art/b.md"):
        with billed_to(document):
            model.extract(TEXTS if document == "law/a.md" else TEXTS[:1])
    model.close()
    server.stop()
    return home_settings


def test_costs_of_a_new_home_are_none(call: Any) -> None:
    shown = call("cost", "--json")
    assert (shown.code, shown.json["rows"], shown.json["total"]["cost_usd"]) == (0, [], 0)
    assert call("cost").code == 0


@pytest.mark.parametrize(
    ("by", "keys"),
    [("document", ["law/a.md", "art/b.md"]), ("collection", ["law", "art"]), ("model", ["claude-sonnet-5-5"])],
)
def test_costs_are_summed_by_what_is_asked(call: Any, spent: Settings, by: str, keys: list[str]) -> None:
    found = call("cost", "--by", by, "--json").json
    assert [row["key"] for row in found["rows"]] == keys
    total = found["total"]
    assert (total["calls"], total["failed"], total["remembered"]) == (4, 1, 1)
    assert total["cost_usd"] == pytest.approx(sum(row["cost_usd"] for row in found["rows"]))
    assert total["saved_usd"] > 0
    assert keys[0] in call("cost", "--by", by).out


def test_the_budget_says_limits_spent_and_left(call: Any, run: Any, spent: Settings) -> None:
    assert call("budget", "--json").json["left_usd"] is None
    limits = {"FATHOM_BUDGET_USD_PER_DAY": "1", "FATHOM_BUDGET_USD_PER_DOCUMENT": "0.5"}
    found = run("budget", "--json", environment=limits).json
    assert (found["usd_per_day"], found["usd_per_document"], found["held_usd"], found["paused"]) == (1, 0.5, 0, [])
    assert 0 < found["spent_usd"] < 0.1
    assert found["left_usd"] == pytest.approx(1 - found["spent_usd"])
    assert "today" in run("budget", environment=limits).out


@pytest.mark.integration
def test_an_estimate_says_what_it_would_take_and_starts_nothing(run: Any, tmp_path: Path, home_settings: Settings) -> None:
    note = tmp_path / "note.md"
    note.write_text("# Works\n\n" + "\n\n".join(f"## Part {n}\n\n{TEXTS[0] * 20}" for n in range(3)))
    asked = {"FATHOM_LLM": "anthropic", "ANTHROPIC_API_KEY": "sk-none", "FATHOM_LLM_BASE_URL": "http://127.0.0.1:9"}
    shown = run("ingest", str(note), "/nowhere.md", "--estimate", "--json", environment=asked)
    assert shown.code == 5
    (file,) = shown.json["files"]
    assert file["document"] == "default/note.md"
    assert file["chunks"] == file["new"] >= 3
    assert file["tokens_in"] > 3 * 2000
    assert 0.001 < file["cost_usd"] < 0.1
    assert file["seconds"] > 0
    free = run("ingest", str(note), "--estimate", "--json").json
    assert (free["total"]["cost_usd"], free["total"]["chunks"]) == (0, file["chunks"])
    assert run("documents", "--json").json["documents"] == []
    assert "Nothing was started" in run("ingest", str(note), "--estimate").err


@pytest.mark.integration
def test_an_estimate_counts_what_comparing_names_and_facts_took_before(
    run: Any, tmp_path: Path, home_settings: Settings
) -> None:
    note = tmp_path / "note.md"
    note.write_text(TEXTS[0])
    asked = {"FATHOM_LLM": "anthropic", "ANTHROPIC_API_KEY": "sk-none", "FATHOM_LLM_BASE_URL": "http://127.0.0.1:9"}
    model = model_of(Settings.model_validate({"home": home_settings.home, "llm": "anthropic", "anthropic_api_key": "sk-none"}))
    row = {"at": 0.0, "day": "2026-01-01", "model": model, "outcome": "complete", "cache_read": 0, "cache_write": 0}
    row |= {"cost_usd": 0.0, "saved_usd": 0.0, "seconds": 1.0}
    told = []
    for prompt, times in (
        (Prompt(Vocabulary()).version, MIN_CALLS),
        (entity_match.PROMPT.version, 2),
        (fact_match.PROMPT.version, 1),
    ):
        rows = [{**row, "prompt": prompt, "tokens_in": 10_000, "tokens_out": 400}] * times
        with open_database(home_settings.operational_url).begin() as connection:
            connection.execute(llm_calls.insert(), rows)
        told.append(run("ingest", str(note), "--estimate", "--json", environment=asked).json["total"])
    assert [one["tokens_in"] - told[0]["tokens_in"] for one in told] == [0, 20_000 // MIN_CALLS, 30_000 // MIN_CALLS]
    assert [one["tokens_out"] - told[0]["tokens_out"] for one in told] == [0, 800 // MIN_CALLS, 1_200 // MIN_CALLS]


@pytest.fixture(autouse=True)
def closed(home_settings: Settings) -> Any:
    """No connection is left open, and no converter runs on."""
    yield
    open_database(home_settings.operational_url).dispose()
    from fathom.conversion.service.converter_client import ConverterClient

    ConverterClient(home_settings).stop()
