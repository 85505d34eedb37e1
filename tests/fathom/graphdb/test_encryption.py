"""A Neo4j that speaks TLS only is used as its address says, and what is wrong with its certificate is told."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from fathom.errors import GraphUnreachable
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.graphdb.schema import ensure_schema
from fathom.settings import Settings
from scripts.neo4j_server import Neo4jMissing, Neo4jServer
from tests.conftest import RequireOrSkip

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, require_or_skip: RequireOrSkip) -> Path:
    """A folder with a key and a certificate for 127.0.0.1 that nobody has signed."""
    if shutil.which("openssl") is None:
        require_or_skip("neo4j", "there is no openssl to make a certificate")
    folder = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "private.key", "-out", folder / "public.crt"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def server(
    certificate: Path, tmp_path_factory: pytest.TempPathFactory, require_or_skip: RequireOrSkip
) -> Iterator[Neo4jServer]:
    """A real Neo4j that speaks TLS only."""
    server = Neo4jServer(tmp_path_factory.mktemp("neo4j"), certificate)
    try:
        server.start()
    except Neo4jMissing as error:
        require_or_skip("neo4j", str(error))
    yield server
    server.stop()


def by(server: Neo4jServer, scheme: str, home: Path) -> GraphConnection:
    """The connection of a deployment whose address has that scheme."""
    uri = server.uri.replace("bolt://", f"{scheme}://")
    return open_graph(Settings(home=home, graph_uri=uri, graph_password=SecretStr(server.password)))


@pytest.mark.parametrize("scheme", ["bolt+ssc", "neo4j+ssc"])
def test_a_certificate_that_nobody_signed_does_where_the_address_says_so(
    server: Neo4jServer, tmp_path: Path, scheme: str
) -> None:
    graph = by(server, scheme, tmp_path)
    ensure_schema(graph)
    assert graph.read("RETURN 1 AS one") == [{"one": 1}]
    graph.close()


def test_an_authority_of_ones_own_is_named_in_the_environment(
    server: Neo4jServer, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "public.crt"))
    graph = by(server, "bolt+s", tmp_path)
    assert graph.read("RETURN 1 AS one") == [{"one": 1}]
    graph.close()


def test_a_certificate_that_nobody_trusts_is_named_and_what_to_do(server: Neo4jServer, tmp_path: Path) -> None:
    graph = by(server, "bolt+s", tmp_path)
    with pytest.raises(GraphUnreachable, match="certificate that is not trusted: self") as told:
        graph.verify()
    graph.close()
    assert "SSL_CERT_FILE" in told.value.what_to_do


def test_an_address_without_encryption_is_no_way_in(server: Neo4jServer, tmp_path: Path) -> None:
    graph = by(server, "bolt", tmp_path)
    with pytest.raises(GraphUnreachable, match="does not answer") as told:
        graph.verify()
    graph.close()
    assert "bolt+s://" in told.value.what_to_do
