"""The components of a deployment: lists, starts, stops and checks all of them."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, SecretStr

from fathom.deployment.config_hash import fingerprint, settings_fingerprint
from fathom.deployment.converter_component import ConverterComponent
from fathom.deployment.graph_component import GraphComponent
from fathom.errors import FathomError
from fathom.home import own_home
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.orchestration.warm_runs.run_socket import SOCKETS, ask, run_server_address, socket_of
from fathom.processes.component import Component, ComponentStatus, ProcessComponent
from fathom.processes.ports import HOST
from fathom.processes.probes import daemon_is_working, disk_full_message, get_json, loop_heartbeat
from fathom.processes.process import (
    OWNER_ENV_VAR,
    DetachedProcess,
    ProcessSpec,
    RunningProcess,
    disk_error,
    kill,
    processes_of_home,
    rotate,
)
from fathom.security.api_keys import ensure_admin_key
from fathom.settings import PREFIX, PROJECT_ROOT, Settings

SUPERVISOR = "supervisor"  # restarts the other components
SUPERVISOR_SILENT_S = 30.0  # it checks every few seconds, and waits for the responses of all components
ANSWER_WITHIN_S = 2.0
# Settings that restart only the API: the others depend on their own port alone.
PORTS = ("api_port", "dagster_port")
# First the components that accept work, then those that do it, then their dependencies.
STOP_ORDER = (("supervisor",), ("dagster-daemon",), ("runs", "dagster-webserver", "api"), ("converter",), ("graph",))


@dataclass(frozen=True)
class StartOutcome:
    """The outcome of starting a component: "running", "started", "restarted", or "failed" with the error."""

    name: str
    outcome: str
    seconds: float
    error: FathomError | None = None


def components_of(settings: Settings) -> list[Component]:
    """Returns the components of this deployment in the order in which they are shown."""
    return [
        GraphComponent(settings),
        ConverterComponent(settings),
        _runs(settings),
        _webserver(settings),
        _daemon(settings),
        _api(settings),
        _supervisor(settings),
    ]


def start_all(settings: Settings, *, on_started: Callable[[StartOutcome], None] = lambda started: None) -> list[StartOutcome]:
    """Starts all components concurrently for the current settings; a failure does not stop the others.

    `on_started` is called with each outcome. Raises StoreFull and StoreFailed if the home cannot be written.
    """
    try:
        for folder in (settings.home, settings.logs_path, settings.inbox_path):
            folder.mkdir(parents=True, exist_ok=True)
        own_home(settings.home, whole=True)
        probe = settings.home / f".writable-{os.getpid()}"
        probe.write_bytes(b"fathom" * 1000)
        probe.unlink()
    except OSError as error:
        raise disk_error(error, settings.home) from error
    rotate_logs(settings)
    write_dagster_home(settings)
    prepare_storage(settings)
    ensure_admin_key(settings)
    if not wanted(settings):  # else a supervisor of other settings would start components for those
        wanted_file(settings).unlink(missing_ok=True)

    def start(component: Component) -> StartOutcome:
        began = time.monotonic()
        try:
            outcome, error = component.start(), None
        except FathomError as failed:
            outcome, error = "failed", failed
        started = StartOutcome(component.name, outcome, time.monotonic() - began, error)
        on_started(started)
        return started

    *parts, supervisor = components_of(settings)
    with ThreadPoolExecutor(len(parts), thread_name_prefix="start") as pool:
        started = list(pool.map(start, parts))
    mark_wanted(settings)
    return [*started, start(supervisor)]  # last, so that it does not take a starting component for an ended one


def run_for_others(settings: Settings) -> list[str]:
    """Returns the components that run for other settings or another version of the program."""
    parts = (_daemon(settings), _runs(settings))  # the webserver and the API only show the state of these
    return [part.name for part in parts if part.process.is_for_another()]


def stop_all(settings: Settings) -> list[str]:
    """Ends all processes of this home; returns the names of the components that ran."""
    wanted_file(settings).unlink(missing_ok=True)  # first, so that no component is restarted
    by_name = {part.name: part for part in components_of(settings)}
    stopped: list[str] = []
    for names in STOP_ORDER:
        with ThreadPoolExecutor(len(names), thread_name_prefix="stop") as pool:
            stopped += [
                name for name, ran in zip(names, pool.map(lambda name: by_name[name].stop(), names), strict=True) if ran
            ]
    left = processes_of_home(settings.home)
    if left:
        kill(left)
        stopped.append(f"{len(left)} more")
    for server in SOCKETS:
        socket_of(settings.home, server).unlink(missing_ok=True)
    return stopped


def mark_wanted(settings: Settings) -> None:
    """Marks the components as wanted for these settings: the supervisor restarts them until `stop_all`."""
    file = wanted_file(settings)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(settings_fingerprint(settings))
    except OSError as error:
        raise disk_error(error, settings.home) from error


def wanted(settings: Settings) -> bool:
    """Returns whether the components are wanted, for these settings."""
    try:
        return wanted_file(settings).read_text() == settings_fingerprint(settings)
    except OSError:
        return False


def wanted_file(settings: Settings) -> Path:
    """Returns the file that exists while the components are wanted; it holds the hash of their settings."""
    return process_folder(settings) / "wanted"


def status_all(settings: Settings) -> list[ComponentStatus]:
    """Returns the status of all components, checked concurrently."""
    parts = components_of(settings)
    with ThreadPoolExecutor(len(parts), thread_name_prefix="status") as pool:
        return list(pool.map(lambda part: part.status(), parts))


def rotate_logs(settings: Settings) -> None:
    """Rotates large output files of processes; JSON logs rotate themselves."""
    for log in settings.logs_path.glob("*.log"):
        rotate(log)


def healthy(statuses: Iterable[ComponentStatus]) -> bool:
    """Returns whether all components work."""
    return all(status.healthy for status in statuses)


def component_named(settings: Settings, name: str) -> Component:
    """Returns the component with this name. Raises KeyError for an unknown name."""
    return {part.name: part for part in components_of(settings)}[name]


def _process(settings: Settings, name: str, *command: str, port: int | None = None, setting: str = "") -> DetachedProcess:
    environment = {
        **as_environment(settings),
        OWNER_ENV_VAR: str(settings.home),
        "DAGSTER_HOME": str(settings.dagster_home),
        "PYTHONUNBUFFERED": "1",
        "GRAPHITI_TELEMETRY_ENABLED": "false",
    }
    spec = ProcessSpec(
        name=name,
        command=(sys.executable, *command),
        cwd=PROJECT_ROOT,
        log=settings.logs_path / f"{name}.log",
        fingerprint=fingerprint(settings, without=() if name == "api" else PORTS),
        environment=environment,
        port=port,
        port_setting=setting,
    )
    return DetachedProcess(process_folder(settings), spec)


def as_environment(settings: Settings) -> dict[str, str]:
    """Returns the settings as environment variables for a child process, without secrets, which it reads from their source."""
    secret = (SecretStr, BaseModel)  # alerts hold urls with secrets
    given = {name: value for name, value in settings if value not in (None, []) and not isinstance(value, secret)}
    plain = settings.model_dump(mode="json", include={name for name, value in given.items() if isinstance(value, list)})
    return {
        f"{PREFIX}{name.upper()}": json.dumps(plain[name]) if name in plain else str(value) for name, value in given.items()
    }


def process_folder(settings: Settings) -> Path:
    """Returns the folder of the records of running processes."""
    return settings.home / "run"


def _webserver(settings: Settings) -> ProcessComponent:
    port = settings.dagster_port
    command = ("-m", "fathom.orchestration.dagster_pages", "--port", str(port))
    return ProcessComponent(
        _process(settings, "dagster-webserver", *command, port=port, setting="FATHOM_DAGSTER_PORT"),
        healthy=lambda _: get_json(port, "/server_info") is not None,
        version=lambda: installed("dagster-webserver"),
        address=f"http://{HOST}:{port}",
    )


def _daemon(settings: Settings) -> ProcessComponent:
    return ProcessComponent(
        _process(settings, "dagster-daemon", "-m", "fathom.orchestration.dagster_daemon"),
        healthy=lambda running: daemon_is_working(settings, since=running.identity.created),
        version=lambda: installed("dagster"),
        trouble=lambda: disk_full_message(settings.home),
    )


def _runs(settings: Settings) -> ProcessComponent:
    address = run_server_address(settings.home)

    def answers(_running: RunningProcess) -> bool:
        try:
            return bool(ask(address, run=None, timeout=ANSWER_WITHIN_S))
        except (OSError, ValueError):
            return False

    return ProcessComponent(
        _process(settings, "runs", "-m", "fathom.orchestration.warm_runs"),
        healthy=answers,
        version=lambda: installed("dagster"),
        address=str(address),
        tries=2,  # it exits when a source file changes, which may happen while it starts
    )


def _api(settings: Settings) -> ProcessComponent:
    port = settings.api_port
    command = ("-m", "fathom.api", "--host", HOST, "--port", str(port))
    return ProcessComponent(
        _process(settings, "api", *command, port=port, setting="FATHOM_API_PORT"),
        healthy=lambda _: get_json(port, "/health/live") is not None,
        version=lambda: installed("fathom"),
        address=f"http://{HOST}:{port}",
    )


def _supervisor(settings: Settings) -> ProcessComponent:
    heart = loop_heartbeat(settings.home, SUPERVISOR)
    return ProcessComponent(
        _process(settings, SUPERVISOR, "-m", "fathom.deployment.supervision"),
        healthy=lambda running: heart.silent_s(since=running.identity.created) < SUPERVISOR_SILENT_S,
        version=lambda: installed("fathom"),
    )


def installed(distribution: str) -> str | None:
    """Returns the version of an installed distribution; None if it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
