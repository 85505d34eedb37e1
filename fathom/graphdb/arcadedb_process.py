"""The embedded graph server, ArcadeDB: its command line, ports and passwords.

The wheel contains the jars and a Java runtime. The server speaks Bolt, so the same driver serves it and Neo4j.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fathom.errors import GraphUnreachable

DATABASE = "fathom"
USER, READER = "root", "reader"  # the administrator and the read-only user
COMMAND_TIMEOUT_MS = 600_000  # the longest timeout of a person's query


@dataclass(frozen=True)
class EmbeddedServer:
    """The embedded server of a home: its folder, ports on 127.0.0.1 and password files."""

    folder: Path
    bolt_port: int
    http_port: int

    @property
    def uri(self) -> str:
        """Its Bolt address."""
        return f"bolt://127.0.0.1:{self.bolt_port}"

    @property
    def http_url(self) -> str:
        """Its address for SQL over HTTP."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def password(self) -> str:
        """The administrator's password, from a file that only its owner can read."""
        return (self.folder / "password").read_text()

    @property
    def reader_password(self) -> str:
        """The read-only user's password, from a file that only its owner can read."""
        return (self.folder / "reader-password").read_text()

    def command(self, heap_mb: int) -> tuple[str, ...]:
        """Returns the command line that runs it, without secrets.

        Dates lose their time zone without `dateTimeImplementation`; the server ignores the driver's time limit, so it has its
        own, for queries of processes that died; `txWalFlush` makes acknowledged writes survive a kill; no query reads files.
        """
        package = _package()
        options = {
            "server.rootPath": self.folder,
            "server.databaseDirectory": self.folder / "databases",
            "server.rootPasswordPath": self.folder / "password",
            "server.defaultDatabases": f"{DATABASE}[{USER}]",
            "server.httpIncomingHost": "127.0.0.1",
            "server.httpIncomingPort": self.http_port,
            "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "bolt.host": "127.0.0.1",
            "bolt.port": self.bolt_port,
            "dateTimeImplementation": "java.time.ZonedDateTime",
            "txWalFlush": 2,
            "command.timeout": COMMAND_TIMEOUT_MS,
            "opencypher.loadCsv.allowFileUrls": "false",
            "opencypher.loadCsv.allowRemoteUrls": "false",
        }
        return (
            str(package / "jre" / "bin" / "java"),
            f"-Xmx{heap_mb}m",
            "-XX:G1ConcRefinementThreads=0",  # else a thread wakes twenty times a second; pauses of so small a heap stay short
            *(f"-Darcadedb.{name}={value}" for name, value in options.items()),
            "-cp",
            str(package / "jars" / "*"),
            "com.arcadedb.server.ArcadeDBServer",
        )


def embedded_server(home: Path) -> EmbeddedServer:
    """Returns the embedded server of this home; its ports and passwords are chosen the first time and kept.

    Raises OSError when the folder cannot be written.
    """
    folder = home / "graph"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("password", "reader-password"):
        if not (folder / name).exists():
            write_private(folder / name, secrets.token_urlsafe(24))
    record = folder / "ports.json"
    if not record.exists():
        choose_ports(home)
    ports = json.loads(record.read_text())
    return EmbeddedServer(folder, int(ports["bolt"]), int(ports["http"]))


def choose_ports(home: Path) -> None:
    """Chooses two free ports for the server and stores them."""
    with socket.socket() as bolt, socket.socket() as http:
        bolt.bind(("127.0.0.1", 0))
        http.bind(("127.0.0.1", 0))
        ports = {"bolt": bolt.getsockname()[1], "http": http.getsockname()[1]}
    write_private(home / "graph" / "ports.json", json.dumps(ports))


def embedded_version() -> str:
    """Returns the version of the server in the wheel."""
    from importlib.metadata import version

    return version("arcadedb-embedded")


def _package() -> Path:
    spec = find_spec("arcadedb_embedded")
    if spec is None or not spec.submodule_search_locations:
        raise GraphUnreachable("The embedded graph is not installed.", hint="Install again with `make up`.")
    return Path(next(iter(spec.submodule_search_locations)))


def write_private(file: Path, text: str) -> None:
    """Writes the text atomically, readable for its owner only."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(text)
    beside.chmod(0o600)
    beside.replace(file)
