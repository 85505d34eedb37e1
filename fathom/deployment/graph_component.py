"""The graph as a part: the embedded server, or one that runs elsewhere and only has to answer."""

from __future__ import annotations

import hashlib
import time

from fathom.errors import GraphUnreachable, PartUnreachable, PortTaken
from fathom.graphdb.arcadedb_process import choose_ports, embedded_server, embedded_version
from fathom.graphdb.arcadedb_reader import keep_reader, keep_reading_group
from fathom.graphdb.connection import GraphConnection, graph_address
from fathom.processes.component import ComponentStatus, ProcessComponent
from fathom.processes.ports import is_free
from fathom.processes.process import OWNER_ENV_VAR, DetachedProcess, ProcessSpec, disk_error
from fathom.settings import Settings

START_WITHIN_S = 180.0
# It writes what it holds in memory to the disk before it ends.
STOP_WITHIN_S = 20.0


class GraphComponent:
    """The graph server of the deployment."""

    name = "graph"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def start(self) -> str:
        """It answers queries. Raises GraphUnreachable, StoreFull, StoreFailed."""
        if self._settings.graph_uri:
            self._verify()
            return "running"
        try:
            part = self._embedded()
            if part.process.running() is None and not self._ports_are_free():
                choose_ports(self._settings.home)
                part = self._embedded()
            server = embedded_server(self._settings.home)
            keep_reading_group(server)
            said = part.start()
            keep_reader(server)
            return said
        except OSError as error:
            raise disk_error(error, self._settings.home) from error
        except PortTaken:
            raise
        except PartUnreachable as error:
            raise GraphUnreachable(error.message, hint=error.what_to_do) from error

    def stop(self) -> bool:
        """The embedded server does not run; one that runs elsewhere is left alone."""
        if self._settings.graph_uri or not self._was_made():
            return False
        return self._embedded().stop()

    def status(self) -> ComponentStatus:
        """How it is doing."""
        if self._settings.graph_uri:
            return self._external_status()
        if not self._was_made():
            return ComponentStatus(name=self.name, state="stopped")
        try:
            return self._embedded().status()
        except OSError as error:
            return ComponentStatus(name=self.name, state="unhealthy", detail=disk_error(error, self._settings.home).message)

    def _embedded(self) -> ProcessComponent:
        server = embedded_server(self._settings.home)
        command = server.command(self._settings.graph_heap_mb)
        spec = ProcessSpec(
            name=self.name,
            command=command,
            cwd=server.folder,
            log=self._settings.logs_path / "graph.log",
            # of its own: data need not be taken from memory because a line of the program changed
            fingerprint=hashlib.sha256("\0".join((*command, embedded_version())).encode()).hexdigest()[:32],
            environment={OWNER_ENV_VAR: str(self._settings.home)},
            port=server.bolt_port,
        )
        return ProcessComponent(
            DetachedProcess(self._settings.home / "run", spec),
            healthy=lambda _: self._answers(),
            version=lambda: f"ArcadeDB {embedded_version()}",
            address=server.uri,
            start_within_s=START_WITHIN_S,
            stop_within_s=STOP_WITHIN_S,
        )

    def _was_made(self) -> bool:
        """Asking how it is must not make its folder."""
        return (self._settings.home / "graph" / "ports.json").exists()

    def _ports_are_free(self) -> bool:
        server = embedded_server(self._settings.home)
        return is_free(server.bolt_port) and is_free(server.http_port)

    def _answers(self) -> bool:
        address = graph_address(self._settings)
        if address.embedded and is_free(embedded_server(self._settings.home).bolt_port):
            return False  # nobody listens: no need to wait for a driver to find out
        try:
            self._verify()
        except PartUnreachable:
            return False
        return True

    def _verify(self) -> float:
        connection = GraphConnection(graph_address(self._settings), retry_seconds=0.0)  # who waits for it asks again
        try:
            return connection.verify()
        finally:
            connection.close()

    def _external_status(self) -> ComponentStatus:
        began = time.monotonic()
        try:
            self._verify()
        except PartUnreachable as error:
            address = self._settings.graph_uri
            return ComponentStatus(
                name=self.name, state="unhealthy", address=address, detail=f"{error.message} {error.what_to_do}"
            )
        said = f"answered in {(time.monotonic() - began) * 1000:.0f} ms"
        return ComponentStatus(name=self.name, state="external", address=self._settings.graph_uri, detail=said)
