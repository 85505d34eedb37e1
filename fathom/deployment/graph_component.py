"""The graph as a component: the embedded server, or an external server that only has to respond."""

from __future__ import annotations

import hashlib
import time

from fathom.errors import GraphUnreachable, PartUnreachable, PortTaken
from fathom.graphdb.arcadedb_process import choose_ports, embedded_server, embedded_version
from fathom.graphdb.arcadedb_reader import ensure_reader, ensure_reading_group
from fathom.graphdb.connection import GraphConnection, graph_address
from fathom.processes.component import ComponentStatus, ProcessComponent
from fathom.processes.ports import is_free
from fathom.processes.process import OWNER_ENV_VAR, DetachedProcess, ProcessSpec, disk_error
from fathom.settings import Settings

START_WITHIN_S = 180.0
# It flushes its memory to the disk before it ends.
STOP_WITHIN_S = 20.0


class GraphComponent:
    """The graph server of the deployment."""

    name = "graph"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._probed: ProcessComponent | None = None

    def start(self) -> str:
        """Starts it until it answers queries. Raises GraphUnreachable, StoreFull, StoreFailed."""
        if self._settings.graph_uri:
            self._verify()
            return "running"
        try:
            component = self._embedded()
            if component.process.running() is None and not self._ports_are_free():
                choose_ports(self._settings.home)
                component = self._embedded()
            server = embedded_server(self._settings.home)
            ensure_reading_group(server)
            outcome = component.start()
            ensure_reader(server)
            return outcome
        except OSError as error:
            raise disk_error(error, self._settings.home) from error
        except PortTaken:
            raise
        except PartUnreachable as error:
            raise GraphUnreachable(error.message, hint=error.what_to_do) from error

    def stop(self) -> bool:
        """Stops the embedded server; an external server is left alone. Returns whether it ran."""
        if self._settings.graph_uri or not self._was_made():
            return False
        return self._embedded().stop()

    def status(self) -> ComponentStatus:
        """Returns its status."""
        if self._settings.graph_uri:
            return self._external_status()
        if not self._was_made():
            return ComponentStatus(name=self.name, state="stopped")
        try:
            return self._embedded().status()
        except OSError as error:
            return ComponentStatus(name=self.name, state="unhealthy", detail=disk_error(error, self._settings.home).message)

    def probe(self) -> ComponentStatus:
        """Returns its state and pid alone."""
        if self._settings.graph_uri or not self._was_made():
            return self.status()
        try:
            self._probed = self._probed or self._embedded()
            return self._probed.probe()
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
            # independent of the program's files: a changed line need not restart the database
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
        """Returns whether the server's folder exists; reading the status must not create it."""
        return (self._settings.home / "graph" / "ports.json").exists()

    def _ports_are_free(self) -> bool:
        server = embedded_server(self._settings.home)
        return is_free(server.bolt_port) and is_free(server.http_port)

    def _answers(self) -> bool:
        address = graph_address(self._settings)
        if address.embedded and is_free(embedded_server(self._settings.home).bolt_port):
            return False  # nothing listens: saves the driver's timeout
        try:
            self._verify()
        except PartUnreachable:
            return False
        return True

    def _verify(self) -> float:
        connection = GraphConnection(graph_address(self._settings), retry_seconds=0.0)  # the caller retries
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
        latency = f"answered in {(time.monotonic() - began) * 1000:.0f} ms"
        return ComponentStatus(name=self.name, state="external", address=self._settings.graph_uri, detail=latency)
