"""The graph as a part: the embedded server, or one that runs elsewhere and only has to answer."""

from __future__ import annotations

from contextlib import closing

from fathom.control.part import PartStatus, ProcessPart
from fathom.control.process import MARK, DetachedProcess, ProcessSpec, Running
from fathom.errors import FathomError, PortTaken
from fathom.graph.connection import open_graph
from fathom.graph.embedded import choose_ports, embedded_server, embedded_version
from fathom.graph.schema import ensure_schema
from fathom.settings import Settings


class GraphPart:
    """The graph server of the deployment."""

    name = "graph"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def external(self) -> bool:
        """Whether the graph runs elsewhere."""
        return self._settings.graph_uri is not None

    def start(self) -> str:
        """It answers and has its indexes. Raises GraphUnreachable, PartUnreachable, StoreFull."""
        outcome = "running" if self.external else self._start_embedded()
        if outcome != "running" or self.external:
            with closing(open_graph(self._settings)) as connection:
                ensure_schema(connection)
        return outcome

    def stop(self) -> bool:
        """The embedded server does not run; one that runs elsewhere is left alone."""
        return False if self.external else self._embedded().stop()

    def status(self) -> PartStatus:
        """How it is doing."""
        if not self.external:
            return self._embedded().status()
        address = str(self._settings.graph_uri)
        try:
            with closing(open_graph(self._settings)) as connection:
                connection.verify()
        except FathomError as error:
            return PartStatus(name=self.name, state="unhealthy", address=address, detail=error.message)
        return PartStatus(name=self.name, state="external", address=address)

    def _start_embedded(self) -> str:
        """The embedded server runs; when its port was taken meanwhile, on another one."""
        try:
            return self._embedded().start()
        except PortTaken:
            choose_ports(self._settings.home)
            return self._embedded().start()

    def _embedded(self) -> ProcessPart:
        home = self._settings.home
        server = embedded_server(home)
        version = embedded_version()
        spec = ProcessSpec(
            name=self.name,
            command=server.command(self._settings.graph_heap_mb),
            cwd=server.folder,
            log=self._settings.logs_path / "graph.log",
            fingerprint=f"{version} {self._settings.graph_heap_mb} {server.bolt_port}",
            environment={MARK: str(home)},
            port=server.bolt_port,
        )
        return ProcessPart(
            DetachedProcess(home / "run", spec),
            healthy=self._answers,
            version=lambda: f"ArcadeDB {version}",
            address=server.uri,
        )

    def _answers(self, _running: Running) -> bool:
        try:
            with closing(open_graph(self._settings)) as connection:
                connection.verify()
        except FathomError:
            return False
        return True
