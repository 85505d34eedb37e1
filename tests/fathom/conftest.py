"""The graph on both servers, embedded and Neo4j, each started once; and a language model's server on loopback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from fathom.database import open_database
from fathom.deployment.graph_component import GraphComponent
from fathom.embedding.embedder import Embedder
from fathom.embedding.minilm import MiniLM
from fathom.extraction.factory import open_language_model
from fathom.extraction.llm_extractor import LLMExtractor
from fathom.extraction.model import LanguageModel
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.ledger.episode_ledger import Ledger
from fathom.settings import Settings
from scripts.neo4j_server import Neo4jServer
from tests.fathom.graphdb.graphiti.searching_client import Client, write_documents
from tests.fathom.graphdb.small_corpus import ScriptedModel, WriterOf
from tests.fathom.llm.messages_server import MessagesServer

Opened = Callable[[Settings], LLMExtractor]
SettingsFor = Callable[..., Settings]


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    """One that answers at once, unless it is told otherwise."""
    running = MessagesServer()
    yield running
    running.stop()


@pytest.fixture
def settings_for(server: MessagesServer, tmp_path: Path, home_settings: Settings) -> SettingsFor:
    """`settings_for("anthropic", llm_concurrency=4)`: the server is the provider, the home the test's own."""

    def made(provider: str = "anthropic", **more: Any) -> Settings:
        address = server.url if provider == "anthropic" else f"{server.url}/v1"
        keys = {"anthropic_api_key": server.key, "openai_api_key": server.key}
        given = {"home": tmp_path / "home", "llm": provider, "llm_base_url": address, "llm_timeout_s": 5}
        return Settings(**{**given, **keys, **more})

    return made


@pytest.fixture
def opened() -> Iterator[Opened]:
    """`opened(settings)` is their language model, closed after the test."""
    models: list[LLMExtractor] = []

    def made(settings: Settings) -> LLMExtractor:
        model = open_language_model(settings)
        assert isinstance(model, LLMExtractor)
        models.append(model)
        return model

    yield made
    for model in models:
        model.close()


@pytest.fixture(scope="session")
def embedded_graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphConnection]:
    """The embedded server, empty at first."""
    settings = Settings(home=tmp_path_factory.mktemp("embedded"), graph_uri=None)
    part = GraphComponent(settings)
    part.start()
    connection = open_graph(settings)
    yield connection
    connection.close()
    part.stop()


@pytest.fixture(scope="session")
def neo4j_graph(tmp_path_factory: pytest.TempPathFactory, neo4j_server: Neo4jServer) -> Iterator[GraphConnection]:
    """A real Neo4j, empty at first."""
    home = tmp_path_factory.mktemp("external")
    settings = Settings(home=home, graph_uri=neo4j_server.uri, graph_password=SecretStr(neo4j_server.password))
    GraphComponent(settings).start()
    connection = open_graph(settings)
    yield connection
    connection.close()


@pytest.fixture(params=["ours on embedded", "ours on neo4j", "plain on neo4j"])
def client(request: pytest.FixtureRequest, embedder: Embedder) -> Client:
    """Graphiti with our driver on each server, and with its own on Neo4j."""
    whose, _, server = str(request.param).partition(" on ")
    return Client(request.getfixturevalue(f"{server}_graph"), embedder, plain=whose == "plain")


@pytest.fixture
def documents(client: Client, collection: str, writer_of: WriterOf) -> tuple[str, str]:
    """The names of two documents that are in the client's graph."""
    return write_documents(client.graph, collection, writer_of)


@pytest.fixture(params=["embedded", "neo4j"])
def graph(request: pytest.FixtureRequest) -> GraphConnection:
    """The graph, on each server in turn; it may hold collections of other tests."""
    connection: GraphConnection = request.getfixturevalue(f"{request.param}_graph")
    return connection


@pytest.fixture
def collection(request: pytest.FixtureRequest) -> str:
    """A collection that no other test uses."""
    return re.sub(r"[^A-Za-z0-9]+", "-", request.node.name).removeprefix("test-").strip("-")[-60:].strip("-")


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The real one."""
    return MiniLM()


@pytest.fixture
def model() -> ScriptedModel:
    """One that finds what is written down."""
    return ScriptedModel()


@pytest.fixture
def ledger(tmp_path: Path, tables_are_copied: None) -> Iterator[Ledger]:
    """An empty ledger."""
    engine = open_database(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield Ledger(engine)
    engine.dispose()


@pytest.fixture
def writer_of(tmp_path: Path, model: ScriptedModel, embedder: Embedder, ledger: Ledger) -> WriterOf:
    """A writer into the graph it is given, by the scripted model and the test's ledger unless others are named."""

    def make(graph: GraphConnection, *, by: LanguageModel = model, keeping: Ledger = ledger) -> DocumentWriter:
        return DocumentWriter(graph, by, embedder, keeping)

    return make


@pytest.fixture
def writer(graph: GraphConnection, writer_of: WriterOf) -> DocumentWriter:
    """A writer into the graph by the scripted model."""
    return writer_of(graph)
