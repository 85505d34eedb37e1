"""Documents go through whole with models that wrap their answers; one whose answers are never usable stops them by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fathom.extraction.response.wrapping import Wire, record, said
from tests.fathom.llm.messages_server import MessagesServer
from tests.ingestion_assets.conftest import Deployment, configured, on_both_graphs, small_model

pytestmark = [pytest.mark.integration, on_both_graphs]
case = pytest.mark.case

BRIDGE = "Ada Moreno designed the Tamar Bridge in 1998."
NAMES = """
MATCH (p:Episodic)-[:MENTIONS]->(n:Entity) WHERE p.source_description = $document
RETURN DISTINCT n.name AS name, labels(n) AS labels ORDER BY name
"""
FACTS = """
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE a.group_id = $collection
RETURN a.name AS source, r.name AS relation, b.name AS target, r.fact AS fact
"""


@pytest.fixture
def server(deployment: Deployment) -> Iterator[MessagesServer]:
    """A server of chat completions that the deployment asks while the test runs."""
    running = MessagesServer()
    with configured(**small_model(f"{running.url}/v1", running.key)):
        yield running
    running.stop()


def small(whole: dict[str, Any]) -> dict[str, Any]:
    return {**whole, "entities": [{**one, "type": one["type"].lower()} for one in whole.get("entities", ())]}


WIRES: dict[str, tuple[Wire, int]] = {
    "think": (said(lambda good: f"<think>It's a bridge {{of 1998}}.</think>\n{good}"), 1),
    "fence": (said(lambda good: f"```json\n{good}\n```"), 3),
    "parts": (said(lambda good: [{"type": "thinking", "thinking": []}, {"type": "text", "text": good}]), 14),
    "types": (record(small), 15),
}


@pytest.mark.parametrize(("name", "wire"), [pytest.param(name, wire, marks=case(no)) for name, (wire, no) in WIRES.items()])
def test_a_document_is_written_however_its_answers_are_wrapped(
    deployment: Deployment, server: MessagesServer, name: str, wire: Wire
) -> None:
    server.wire = wire
    [document] = deployment.drop(f"habit-{name}", a_md=f"# {name}\n\n{BRIDGE}".encode())
    assert deployment.ingest(document).success
    assert deployment.upload(document).state == "done"
    rows = deployment.asked(NAMES, document=document)
    assert [(row["name"], set(row["labels"]) - {"Entity"}) for row in rows] == [
        ("Ada Moreno", {"Person"}),
        ("Tamar Bridge", {"Location"}),
    ]
    found = deployment.asked(FACTS, collection=f"habit-{name}")
    assert [(row["source"], row["relation"], row["target"]) for row in found] == [("Ada Moreno", "DESIGNED", "Tamar Bridge")]
    assert sum(BRIDGE in json.dumps(one["body"]["messages"]) for one in server.requests) == 1


@case(74)
def test_a_fact_of_a_name_that_two_have_is_nobodys_in_the_graph(deployment: Deployment, server: MessagesServer) -> None:
    def answering(text: str) -> dict[str, Any]:
        if text.startswith("<pairs>"):
            return {"same": []}
        morenos = [{"name": f"{first} Moreno", "type": "Person", "aliases": ["Moreno"]} for first in ("Ada", "Bert")]
        works = {"name": "Moreno Works", "type": "Organization", "aliases": []}
        founded = {"source": "Moreno", "relation": "FOUNDED", "target": "Moreno Works", "fact": "Moreno founded it."}
        met = {"source": "Ada Moreno", "relation": "MET", "target": "Bert Moreno", "fact": "Ada Moreno met Bert Moreno."}
        return {"entities": [*morenos, works], "facts": [founded, met]}

    server.answering = answering
    text = b"# T\n\nAda Moreno met Bert Moreno. Moreno founded Moreno Works."
    [document] = deployment.drop("habit-alias", a_md=text)
    assert deployment.ingest(document).success
    found = deployment.asked(FACTS, collection="habit-alias")
    assert [(row["source"], row["relation"], row["target"]) for row in found] == [("Ada Moreno", "MET", "Bert Moreno")]


@case(75)
def test_types_in_lists_ends_by_id_and_long_facts_are_in_the_graph(deployment: Deployment, server: MessagesServer) -> None:
    def answering(text: str) -> dict[str, Any]:
        entities = [{"id": 1, "name": "Ada Moreno", "type": ["Person", "Founder"]}]
        fact = {"source": 1, "relation": "FOUNDED", "target": "Moreno Works", "fact": "Ada Moreno founded Moreno Works. " * 60}
        return {"same": []} if text.startswith("<pairs>") else {"entities": entities, "facts": [fact]}

    server.answering = answering
    [document] = deployment.drop("habit-parts", a_md=b"# T\n\nAda Moreno founded Moreno Works.")
    assert deployment.ingest(document).success
    (row,) = deployment.asked(FACTS, collection="habit-parts")
    assert (row["source"], row["target"]) == ("Ada Moreno", "Moreno Works")
    assert len(row["fact"]) <= 1000
    assert [one["name"] for one in deployment.asked(NAMES, document=document)] == ["Ada Moreno", "Moreno Works"]


LONG = "\n\n".join(
    f"## Part {number}\n\n{BRIDGE} " + " ".join(f"Sentence {number}-{one} says nothing at all." for one in range(8))
    for number in range(12)
)


@case(1)
def test_a_model_whose_answers_are_never_usable_stops_the_document_after_three_chunks(
    deployment: Deployment, server: MessagesServer
) -> None:
    server.wire = said(lambda good: "I am sorry, I can't help with that.")
    [document] = deployment.drop("habit-never", a_md=f"# Long\n\n{LONG}".encode())
    assert not deployment.ingest(document).success
    upload = deployment.upload(document)
    assert (upload.state, upload.reason) == ("failed", "AnswersUnusable")
    assert "openai/small-model" in (upload.detail or "")
    assert "it is no JSON" in (upload.detail or "")
    chunks = len({json.dumps(one["body"]["messages"]) for one in server.requests})
    assert 3 <= chunks <= 7  # of a dozen or more; two are asked about at a time, one of which may be slow
    assert len(server.requests) <= 2 * chunks
    server.wire = lambda body: body
    deployment.intake.retry(document)
    assert deployment.ingest(document).success
    assert deployment.upload(document).state == "done"


@case(3)
def test_a_short_document_whose_answers_are_never_usable_says_so(deployment: Deployment, server: MessagesServer) -> None:
    server.wire = said(lambda good: "```json\nnone\n```")
    [document] = deployment.drop("habit-short", a_md=f"# Short\n\n{BRIDGE}".encode())
    assert not deployment.ingest(document).success
    upload = deployment.upload(document)
    assert (upload.state, upload.reason) == ("failed", "AnswersUnusable")
    assert "for every chunk" in (upload.detail or "")
    assert len(server.requests) <= 4
