"""Documents with names that end in a legal form, differ by one, or are given with their abbreviation go through whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fathom.llm.messages_server import MessagesServer
from tests.ingestion_assets.conftest import Deployment, configured, on_both_graphs

pytestmark = [pytest.mark.integration, on_both_graphs]

SAP = b"# Suppliers\n\nSAP SE was founded by Hasso Plattner in Walldorf in 1972."
FIRMS = "# Firms\n\nAirbus SE and Nestlé SA met Ferrari SpA in Geneva. Microsoft Mobile Oy met Maersk A/S in Oslo.".encode()
SHELL = b"# Firms\n\nShell plc owns Shell Ltd. Ada Moreno is a director of Shell Ltd."
HEALTH = b"# Health\n\nThe World Health Organization (WHO) advised The Sun. The WHO advised Ada Moreno."

NAMES = """
MATCH (p:Episodic)-[:MENTIONS]->(n:Entity) WHERE p.source_description = $document RETURN DISTINCT n.name AS name ORDER BY name
"""
FACTS = """
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE a.group_id = $collection
RETURN a.name AS source, r.name AS relation, b.name AS target
"""
KINDS = {
    "SAP SE": "Organization",
    "Hasso Plattner": "Person",
    "Walldorf": "Location",
    "Shell plc": "Organization",
    "Shell Ltd": "Organization",
    "Ada Moreno": "Person",
    "World Health Organization (WHO)": "Organization",
    "The WHO": "Organization",
    "The Sun": "Organization",
}
RELATIONS = {"was founded by": "FOUNDED_BY", "owns": "OWNS", "is a director of": "DIRECTOR_OF", "advised": "ADVISED"}


def answer(text: str) -> dict[str, Any]:
    """Names that the text has, as it writes them, and a fact for each sentence with a verb between two of them."""
    if text.startswith("<pairs>"):
        return {"same": []}
    there = [name for name in KINDS if name in text]
    facts = []
    for sentence in re.split(r"(?<=\.)\s+|\n", text):
        verb = next((words for words in RELATIONS if f" {words} " in sentence), None)
        names = sorted((sentence.rindex(name), name) for name in there if name in sentence)
        if verb and len(names) > 1:
            ends = {"source": names[0][1], "target": names[1][1]}
            said = {"relation": RELATIONS[verb], "fact": sentence, "quote": sentence, "valid_at": None, "invalid_at": None}
            facts.append({**ends, **said})
    return {"entities": [{"name": name, "type": KINDS[name], "aliases": []} for name in there], "facts": facts}


@pytest.fixture
def asked(deployment: Deployment) -> Iterator[MessagesServer]:
    """A language model that the deployment asks while the test runs."""
    server = MessagesServer(answering=answer)
    with configured(FATHOM_LLM="anthropic", FATHOM_LLM_BASE_URL=server.url, ANTHROPIC_API_KEY=server.key):
        yield server
    server.stop()


def ingested(deployment: Deployment, collection: str, text: bytes) -> list[str]:
    """The names of the document's entities, once it is done with every check passed."""
    [document] = deployment.drop(collection, a_md=text)
    assert deployment.ingest(document).success
    assert deployment.upload(document).state == "done"
    assert all(deployment.checks("graph_episodes", document).values())
    return [row["name"] for row in deployment.asked(NAMES, document=document)]


def facts(deployment: Deployment, collection: str) -> set[tuple[str, str, str]]:
    rows = deployment.asked(FACTS, collection=collection)
    return {(row["source"], row["relation"], row["target"]) for row in rows}


@pytest.mark.case("K1")
@pytest.mark.parametrize(("collection", "text", "name"), [("sap", SAP, "SAP SE"), ("firms", FIRMS, "Nestlé SA")])
def test_a_document_of_names_with_legal_forms_is_done_by_the_rules(
    deployment: Deployment, collection: str, text: bytes, name: str
) -> None:
    assert name in ingested(deployment, collection, text)


@pytest.mark.case("K1")
def test_a_document_of_names_with_legal_forms_is_done_by_a_model(deployment: Deployment, asked: MessagesServer) -> None:
    assert ingested(deployment, "sap-asked", SAP) == ["Hasso Plattner", "SAP SE", "Walldorf"]
    assert asked.answered
    assert facts(deployment, "sap-asked") == {("SAP SE", "FOUNDED_BY", "Hasso Plattner")}


@pytest.mark.case("K1")
def test_names_with_an_article_or_an_abbreviation_are_written(deployment: Deployment, asked: MessagesServer) -> None:
    names = ingested(deployment, "health", HEALTH)
    assert names == ["Ada Moreno", "The Sun", "The WHO", "World Health Organization (WHO)"]


@pytest.mark.case(81)
def test_a_firm_that_owns_another_of_its_name_stays_two(deployment: Deployment, asked: MessagesServer) -> None:
    assert ingested(deployment, "shell", SHELL) == ["Ada Moreno", "Shell Ltd", "Shell plc"]
    assert facts(deployment, "shell") == {("Shell plc", "OWNS", "Shell Ltd"), ("Ada Moreno", "DIRECTOR_OF", "Shell Ltd")}
