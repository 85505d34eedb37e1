"""Submits runs at once through Dagster's webserver, instead of at the sensor's next tick, which remains the fallback."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from fathom.errors import DagsterUnreachable
from fathom.observability.structured_logging import bound, get_logger, stage
from fathom.orchestration.warm_runs.worker_tags import REQUEST_TAG
from fathom.processes.ports import HOST
from fathom.security.api_keys import admin_key
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import PlannedRun
from fathom.waits import wait_left

if TYPE_CHECKING:
    import dagster as dg

SENSOR = "new_uploads"  # as a tag on a run, it lets Dagster deduplicate a request of the sensor with the same key
PARTITIONS = "documents"
LOCKED_FOR_S = 20.0
ANSWER_WITHIN_S = 15.0

LAUNCH = """mutation($executionParams: ExecutionParams!) {
  launchRun(executionParams: $executionParams) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}"""

log = get_logger(__name__)


@contextmanager
def submission_lock(settings: Settings) -> Iterator[None]:
    """Holds the lock that lets a single process at a time plan and start runs of this home.

    Raises DagsterUnreachable if another process holds it for LOCKED_FOR_S, or for the bound of `waits`.
    """
    folder = settings.home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "launching.lock", timeout=wait_left(LOCKED_FOR_S)):
            yield
    except Timeout as error:
        raise DagsterUnreachable("Runs are being started by another process for too long.") from error


def launch_waiting(settings: Settings, *, request: str | None = None) -> list[str]:
    """Submits runs for waiting documents within `runs_at_once`, URGENT_RUNS more for urgent ones; returns the ids of the runs.

    Plans nothing while Dagster is unreachable; the sensor requests a planned run that could not be started. Raises
    DatabaseUnreachable, DagsterUnreachable.
    """
    open_instance(settings)
    _require_webserver(settings.dagster_port)
    intake = open_intake(settings)
    with submission_lock(settings):
        return [_launch(settings, run, request) for run in intake.plan_runs(intake.runs_in_flight())]


def run_tags(run: PlannedRun) -> dict[str, str]:
    """Returns the tags of a run for uploads, whether the sensor or the API starts it."""
    tags = {"fathom/collection": run.collection, "fathom/documents": str(len(run.documents))}
    if run.priority:
        tags["dagster/priority"] = str(run.priority)
    if run.cause:
        tags["fathom/cause"] = run.cause
    return tags | ({"fathom/version": run.versions[0]} if len(run.documents) == 1 else {})


def backlog_config(documents: Sequence[str]) -> dict[str, Any]:
    """Returns the configuration of a run over several documents."""
    return {"ops": {"drain": {"config": {"documents": list(documents)}}}}


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Returns the process's instance of the deployment's Dagster, which holds connections only.

    Raises DagsterUnreachable if there is none.
    """
    return _instance(str(settings.dagster_home))


@lru_cache(maxsize=4)
def _instance(home: str) -> dg.DagsterInstance:
    if not (Path(home) / "dagster.yaml").exists():
        raise DagsterUnreachable("Dagster was never started in this home.")
    import dagster as dg

    try:
        return dg.DagsterInstance.from_config(home)
    except Exception as error:
        raise DagsterUnreachable(f"Dagster's storage cannot be opened: {error}.") from error


def _launch(settings: Settings, run: PlannedRun, request: str | None) -> str:
    began = time.monotonic()
    instance = open_instance(settings)
    missing = [name for name in run.documents if not instance.has_dynamic_partition(PARTITIONS, name)]
    if missing:
        instance.add_dynamic_partitions(PARTITIONS, missing)
    single = len(run.documents) == 1
    tags = run_tags(run) | {"dagster/run_key": run.run_key, "dagster/sensor_name": SENSOR}
    if single:
        tags["dagster/partition"] = run.documents[0]
    if request:
        tags[REQUEST_TAG] = request
    parameters = {
        "selector": {
            "repositoryLocationName": "fathom",
            "repositoryName": "__repository__",
            "jobName": "ingest_document" if single else "ingest_backlog",
        },
        "runConfigData": {} if single else backlog_config(run.documents),
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
    }
    answer = _ask(settings, {"query": LAUNCH, "variables": {"executionParams": parameters}})
    found = (answer.get("data") or {}).get("launchRun") or {}
    if found.get("__typename") != "LaunchRunSuccess":
        reason = found.get("message") or found.get("__typename") or answer.get("errors") or "no answer"
        raise DagsterUnreachable(f"Dagster started no run: {str(reason)[:300]}.")
    seconds = round(time.monotonic() - began, 3)
    with stage("upload", run=found["run"]["runId"]), bound(request=request):
        for document in run.documents:
            figures = {"documents": len(run.documents), "seconds": seconds}
            log.info("A run was started", sub_stage="submitted", document=document, metrics=figures)
    return str(found["run"]["runId"])


def _require_webserver(port: int) -> None:
    try:
        socket.create_connection((HOST, port), timeout=2.0).close()
    except OSError as error:
        raise DagsterUnreachable(f"Dagster's webserver does not answer on port {port}.") from error


def _ask(settings: Settings, question: Mapping[str, Any]) -> dict[str, Any]:
    port, key = settings.dagster_port, admin_key(settings)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    connection = HTTPConnection(HOST, port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("POST", "/graphql", json.dumps(question), headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status in (401, 403):
            raise DagsterUnreachable("Dagster's webserver does not take the key of this home.", hint="`fathom up` makes one.")
    except (OSError, HTTPException, ValueError) as error:
        raise DagsterUnreachable(f"Dagster's webserver does not answer on port {port}.") from error
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}
