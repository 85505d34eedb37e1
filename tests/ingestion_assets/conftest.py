"""A deployment in a folder of its own: real converter, graph server and Dagster's storage; runs execute in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from definitions import defs
from fathom import settings as settings_module
from fathom.deployment.components import stop_all
from fathom.deployment.graph_component import GraphComponent
from fathom.graphdb.connection import open_graph
from fathom.settings import Settings
from fathom.uploads.intake import Intake, open_intake
from fathom.uploads.upload import Upload
from scripts.neo4j_server import Neo4jServer


@contextmanager
def configured(**variables: str) -> Iterator[None]:
    """Sets environment variables for a while; settings are read anew when it begins and when it ends."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        settings_module.settings.cache_clear()
        try:
            yield
        finally:
            patch.undo()
            settings_module.settings.cache_clear()


def small_model(base_url: str, key: str) -> dict[str, str]:
    """Returns the variables of a deployment that asks a small model at that address, two small chunks at a time."""
    return {
        "FATHOM_LLM": "openai",
        "FATHOM_LLM_BASE_URL": base_url,
        "FATHOM_LLM_MODEL": "small-model",
        "OPENAI_API_KEY": key,
        "FATHOM_CHUNK_TOKENS": "64",
        "FATHOM_LLM_CONCURRENCY": "2",
    }


@dataclass(frozen=True)
class Deployment:
    """What a test does with it: drop files, run jobs, look at what Dagster and the graph keep."""

    settings: Settings
    instance: dg.DagsterInstance
    intake: Intake

    def drop(self, collection: str, **files: bytes) -> list[str]:
        """Files in the inbox, taken in; `a_md=b"…"` is the file a.md. Answers their ids."""
        folder = self.settings.inbox_path / collection
        folder.mkdir(parents=True, exist_ok=True)
        names = []
        for name, data in files.items():
            stem, _, suffix = name.rpartition("_")
            (folder / f"{stem}.{suffix}").write_bytes(data)
            names.append(f"{collection}/{stem}.{suffix}")
        self.intake.look()
        self.instance.add_dynamic_partitions("documents", names)
        return names

    def ingest(self, document: str, key: str | None = None) -> dg.ExecuteInProcessResult:
        """One document through the three assets; `key` is of a run that was planned."""
        job = defs.resolve_job_def("ingest_document")
        tags = _tags(key)
        return job.execute_in_process(instance=self.instance, partition_key=document, raise_on_error=False, tags=tags)

    def drain(self, documents: list[str], key: str | None = None) -> dg.ExecuteInProcessResult:
        """Many documents in one run; `key` is of one that was planned."""
        job = defs.resolve_job_def("ingest_backlog")
        config = {"ops": {"drain": {"config": {"documents": documents}}}}
        return job.execute_in_process(instance=self.instance, run_config=config, raise_on_error=False, tags=_tags(key))

    def upload(self, document: str) -> Upload:
        """The document's row."""
        row = self.intake.state_of(document)
        assert row is not None
        return row

    def asked(self, cypher: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of the graph."""
        connection = open_graph(self.settings)
        try:
            return connection.read(cypher, **parameters)
        finally:
            connection.close()

    def materialized(self, asset: str) -> set[str]:
        """Partitions of the asset that were made."""
        return self.instance.get_materialized_partitions(dg.AssetKey(asset))

    def checks(self, asset: str, document: str) -> dict[str, bool]:
        """The newest outcome of each check of the asset on that partition."""
        records = self.instance.event_log_storage.get_event_records(
            dg.EventRecordsFilter(dg.DagsterEventType.ASSET_CHECK_EVALUATION), ascending=True
        )
        events = [record.event_log_entry.dagster_event for record in records]
        found = [event.event_specific_data for event in events if event]
        return {
            one.check_name: one.passed for one in found if one.asset_key == dg.AssetKey(asset) and one.partition == document
        }


def _tags(key: str | None) -> dict[str, str]:
    """The tags of a run that was planned under this key; of one that was not, none."""
    return {} if key is None else {"dagster/run_key": key}


@contextmanager
def deployed(home: Path, folder: Path, neo4j: Neo4jServer | None = None) -> Iterator[Deployment]:
    """A deployment in `home`, with Dagster's storage in `folder`; none of the environment's settings count."""
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("FATHOM_")]:
            environment.delenv(name)
        environment.setenv("FATHOM_HOME", str(home))
        environment.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
        if neo4j is not None:
            environment.setenv("FATHOM_GRAPH_URI", neo4j.uri)
            environment.setenv("FATHOM_GRAPH_PASSWORD", neo4j.password)
        settings_module.settings.cache_clear()
        settings = settings_module.settings()
        try:
            GraphComponent(settings).start()
            with dg.DagsterInstance.local_temp(str(folder)) as instance:
                yield Deployment(settings, instance, open_intake(settings))
        finally:
            stop_all(settings)
            settings_module.settings.cache_clear()


@pytest.fixture(scope="module")
def deployment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment on the embedded graph; on Neo4j where a module asks for it with `on_both_graphs`."""
    home = tmp_path_factory.mktemp("home", numbered=True)
    server = request.getfixturevalue("neo4j_server") if getattr(request, "param", "embedded") == "neo4j" else None
    with deployed(home, Path(tmp_path_factory.mktemp("dagster")), server) as made:
        yield made


on_both_graphs = pytest.mark.parametrize("deployment", ["embedded", "neo4j"], indirect=True)
