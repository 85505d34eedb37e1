"""What a model says of a text reaches the graph whatever its typography, clean; what is left out is counted and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.graph_episodes import answers_kept
from fathom.extraction.factory import open_language_model
from fathom.graph.write.write_report import WriteReport
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from fathom.settings import Settings
from tests.fathom.graphdb.small_corpus import WRITTEN_AT, WriterOf, chunks_of, names
from tests.fathom.llm.messages_server import MessagesServer

pytestmark = pytest.mark.integration
case = pytest.mark.case
Write = Callable[[str, str, str, str], WriteReport]


@pytest.fixture
def write(embedded_graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path) -> Iterator[Write]:
    """`write(text, source, target, fact)` writes a document about which a server's model says this one fact."""
    server = MessagesServer()
    given = {"home": tmp_path, "llm": "anthropic", "llm_base_url": server.url, "anthropic_api_key": server.key}
    model = open_language_model(Settings.model_validate(given))

    def written(text: str, source: str, target: str, fact: str) -> WriteReport:
        said = {"source": source, "relation": "FOUNDED", "target": target, "fact": fact, "quote": text}
        things = [{"name": name, "type": "Thing", "aliases": []} for name in (source, target)]
        server.answering = lambda asked: {"entities": things, "facts": [said]}
        writer = writer_of(embedded_graph, by=model)
        report: WriteReport = writer.write(chunks_of(f"{collection}/a.md", text), reference_time=WRITTEN_AT)
        return report

    yield written
    model.close()  # type: ignore[attr-defined]
    server.stop()


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        pytest.param("Sean O’Brien founded Levi’s Yard in 1998.", "Sean O'Brien", "Levi's Yard", marks=case(62)),
        pytest.param("**Ada** Moreno founded The Oﬃce &amp; Co.", "Ada Moreno", "The Office & Co", marks=case(63)),
        pytest.param("Jose\u0301 Nu\u0301n\u0303ez founded the Cafe\u0301.", "José Núñez", "Café", marks=case(64)),
        pytest.param("Lech Wałęsa pracował w Stoczni Gdańskiej.", "Lech Wałęsa", "Stocznia Gdańska", marks=case(65)),
        pytest.param("Ada and Bert Moreno founded it.", "Ada Moreno", "Bert Moreno", marks=case(66)),
        pytest.param('The 👩‍🚀 Club played "AC\\DC" tunes.', "👩‍🚀 Club", "AC\\DC", marks=case(71)),
    ],
)
def test_names_in_other_typography_are_in_the_graph(write: Write, text: str, source: str, target: str) -> None:
    report = write(text, source, target, f"{source} founded {target}.")
    assert (report.entities, report.facts, report.answers_left_out) == (2, 1, {})
    assert answers_kept(report).passed


@pytest.mark.parametrize(
    "dirt",
    [pytest.param("\ud83d", marks=case(69)), *(pytest.param(one, marks=case(70)) for one in ("\x1b[31m", "\x00", "\u202e"))],
)
def test_what_could_hurt_is_in_no_name_and_no_fact_of_the_graph(
    write: Write, dirt: str, embedded_graph: GraphConnection, collection: str
) -> None:
    said = "" if dirt == "\ud83d" else dirt  # which no chunk's text has: the store of chunks takes none
    report = write(
        f"Ada Moreno {said}founded Moreno Works.", "Ada Moreno", f"{dirt}Moreno Works", f"Ada {dirt}founded Moreno Works."
    )
    assert (report.entities, report.facts) == (2, 1)
    fact = report.sample_facts[0]
    assert not set(fact) & set("\x1b\x00\u202e\ud83d")
    assert {name.replace("\ufffd ", "").replace("\ufffd", "") for name in names(embedded_graph, collection)} == {
        "Ada Moreno",
        "Moreno Works",
    }


@case(62, 63)
def test_what_the_text_does_not_say_is_counted_on_its_episode_and_fails_the_check(
    write: Write, ledger: Ledger, collection: str
) -> None:
    report = write("Ada Moreno founded Moreno Works.", "Ada Moreno", "Kelmouth Pier", "Ada founded the pier.")
    assert report.answers_left_out == {"entity not in the text": 1, "fact without two entities": 1}
    assert (report.entities_answered, report.facts_answered) == (2, 1)
    assert [row.left_out for row in ledger.rows(f"{collection}/a.md")] == [report.answers_left_out]
    outcome: Any = answers_kept(report)
    assert not outcome.passed
    assert "entity not in the text (1)" in outcome.description
