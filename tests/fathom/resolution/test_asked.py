"""Documents written by a language model that is asked: ahead of the writer, within its budget, each answer paid for once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fathom.errors import BudgetSpent, LanguageModelUnreachable
from fathom.extraction.factory import open_language_model
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graph.write.write_report import EpisodeProgress
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from fathom.llm.middleware import retry
from fathom.settings import Settings
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, FIRM, WRITTEN_AT, WriterOf, chunks_of, counts, digest, names
from tests.fathom.llm.messages_server import KNOWN, OVERLOADED, Fault, MessagesServer, pairs_of

pytestmark = pytest.mark.integration

CHUNKS = 24
TEXTS = [f"{number}. {BRIDGE}" for number in range(CHUNKS)]


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    """One that takes its time, as a real one does."""
    running = MessagesServer(latency_s=0.1)
    yield running
    running.stop()


@pytest.fixture
def asking(embedded_graph: GraphConnection, writer_of: WriterOf, server: MessagesServer, tmp_path: Path) -> Iterator[WriterOf]:
    """`asking(budget_usd_per_day=1)` is a writer by the server's model."""
    models = []

    def made(**more: object) -> DocumentWriter:
        home = {"home": tmp_path / "home", "llm": "anthropic", "llm_base_url": server.url, "anthropic_api_key": server.key}
        models.append(open_language_model(Settings.model_validate({**home, **more})))
        return writer_of(embedded_graph, by=models[-1])

    yield made
    for model in models:
        model.close()  # type: ignore[attr-defined]


def test_chunks_are_asked_about_at_one_time_and_written_in_their_order(
    asking: WriterOf, server: MessagesServer, collection: str, embedded_graph: GraphConnection
) -> None:
    told: list[EpisodeProgress] = []
    writer = asking(llm_concurrency=8)
    report = writer.write(chunks_of(f"{collection}/a.md", *TEXTS), reference_time=WRITTEN_AT, progress=told.append)
    assert (report.written, report.failures, report.entities, report.facts) == (CHUNKS, [], 2, 1)
    assert 4 < server.most_at_once <= 8
    assert len(server.requests) == CHUNKS
    assert [one.done for one in told if one.phase == "extracted"] == list(range(1, CHUNKS + 1))
    assert report.cost_usd > 0
    assert counts(embedded_graph, collection)["Episodic"] == CHUNKS


def test_one_at_a_time_and_many_give_the_same_graph(
    asking: WriterOf, collection: str, embedded_graph: GraphConnection, writer_of: WriterOf, ledger: Ledger
) -> None:
    chunk_set = chunks_of(f"{collection}/a.md", *TEXTS)
    asking(llm_concurrency=8).write(chunk_set, reference_time=WRITTEN_AT)
    before = digest(embedded_graph, collection)
    asking().write(chunks_of(f"{collection}/a.md"), reference_time=WRITTEN_AT)
    asking(llm_concurrency=1).write(chunk_set, reference_time=WRITTEN_AT)
    assert digest(embedded_graph, collection) == before


def test_when_the_money_is_spent_what_was_paid_for_is_written_and_the_rest_waits(
    asking: WriterOf, server: MessagesServer, collection: str, embedded_graph: GraphConnection, ledger: Ledger
) -> None:
    chunk_set = chunks_of(f"{collection}/a.md", *TEXTS)
    with pytest.raises(BudgetSpent):
        asking(llm_concurrency=4, budget_usd_per_document=0.04).write(chunk_set, reference_time=WRITTEN_AT)
    states = [row.state for row in ledger.rows(chunk_set.document)]
    written, asked = states.count("written"), len(server.requests)
    assert 0 < written < CHUNKS
    assert set(states) == {"written", "planned"}
    assert written == len(server.answered)
    assert counts(embedded_graph, collection)["Episodic"] == written
    report = asking(llm_concurrency=4, budget_usd_per_document=1).write(chunk_set, reference_time=WRITTEN_AT)
    assert (report.written, report.unchanged) == (CHUNKS - written, written)
    assert len(server.requests) == CHUNKS
    assert asked < CHUNKS


def test_a_server_that_goes_away_stops_the_document_and_nothing_is_paid_twice(
    asking: WriterOf, server: MessagesServer, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "MAX_TRIES", 1)
    chunk_set = chunks_of(f"{collection}/a.md", *TEXTS)
    server.faulty = lambda text: OVERLOADED if "20. " in text else None
    with pytest.raises(LanguageModelUnreachable):
        asking(llm_concurrency=4).write(chunk_set, reference_time=WRITTEN_AT)
    server.faulty = lambda text: None
    report = asking(llm_concurrency=4).write(chunk_set, reference_time=WRITTEN_AT)
    assert report.written + report.unchanged == CHUNKS
    assert len(server.answered) == len(set(server.answered)) == CHUNKS


def test_a_chunk_the_model_refuses_is_listed_and_the_others_are_written(
    asking: WriterOf, server: MessagesServer, collection: str
) -> None:
    server.faulty = lambda text: Fault("refusal") if "\n7. " in text else None
    report = asking(llm_concurrency=4).write(chunks_of(f"{collection}/a.md", *TEXTS), reference_time=WRITTEN_AT)
    assert [(one.position, one.reason) for one in report.failures] == [(7, "AnswerRefused")]
    assert report.written == CHUNKS - 1


def test_names_that_are_alike_are_asked_about_in_one_question_and_joined_by_one_about_them_alone(
    asking: WriterOf,
    server: MessagesServer,
    collection: str,
    embedded_graph: GraphConnection,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(KNOWN, "Moreno Works of Plymouth", "Organization")
    texts = [CITY, FIRM, "Moreno Works of Plymouth designed the Tamar Bridge."]
    chunk_set = chunks_of(f"{collection}/a.md", *texts)
    report = asking().write(chunk_set, reference_time=WRITTEN_AT)
    questions = list(server.answered)
    assert ledger.summaries([chunk_set.document])[chunk_set.document].cost_usd == pytest.approx(report.cost_usd)
    judging = [one for one in questions if one.startswith("<pairs>")]
    together, alone = ([{pair["a"]["name"], pair["b"]["name"]} for pair in pairs_of(one)] for one in judging)
    assert len(questions) == len(texts) + len(judging)
    assert len(together) > 1
    assert {"Moreno Works", "Moreno Works of Plymouth"} in together
    assert alone == [{"Moreno Works", "Moreno Works of Plymouth"}]
    assert not any(text in question for text in texts for question in judging)
    assert names(embedded_graph, collection) == ["Ada Moreno", "Moreno Works of Plymouth", "Plymouth", "Tamar Bridge"]
    asking().write(chunk_set, reference_time=WRITTEN_AT)
    assert len(server.requests) == len(questions)


@pytest.mark.parametrize("goes_away_for", [1, 2])
def test_a_server_that_goes_away_while_names_are_judged_leaves_its_episodes_written_and_what_it_did_not_answer_to_do(
    asking: WriterOf,
    server: MessagesServer,
    collection: str,
    embedded_graph: GraphConnection,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    goes_away_for: int,
) -> None:
    """Before any answer, or between that to the question of all pairs and that of the two alone."""
    monkeypatch.setattr(retry, "MAX_TRIES", 1)
    monkeypatch.setitem(KNOWN, "Moreno Works of Plymouth", "Organization")
    chunk_set = chunks_of(f"{collection}/a.md", CITY, FIRM, "Moreno Works of Plymouth designed the Tamar Bridge.")

    def away(text: str) -> Fault | None:
        return OVERLOADED if text.startswith("<pairs>") and (goes_away_for == 1 or len(pairs_of(text)) == 1) else None

    server.faulty = away
    with pytest.raises(LanguageModelUnreachable):
        asking().write(chunk_set, reference_time=WRITTEN_AT)
    assert {row.state for row in ledger.rows(chunk_set.document)} == {"written"}
    server.faulty = lambda text: None
    asking().write(chunk_set, reference_time=WRITTEN_AT)
    judging = [pairs_of(text) for text in server.answered if text.startswith("<pairs>")]
    assert [len(one) > 1 for one in judging] == [True, False]
    assert len(server.answered) == len(set(server.answered)) == len(chunk_set.chunks) + len(judging)
    assert "Moreno Works" not in names(embedded_graph, collection)
