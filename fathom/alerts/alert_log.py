"""Logs what happens to incidents: as events, and in alerts.jsonl in the home."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Literal

from fathom.alerts.incident import Incident, NoticeKind
from fathom.observability.structured_logging import emit, get_logger
from fathom.settings import Settings

MAX_BYTES = 10 * 1024**2
KEPT_FILES = 3

IncidentEvent = NoticeKind | Literal["acknowledged"]

log = get_logger(__name__)


def log_incident(settings: Settings, incident: Incident, kind: IncidentEvent, *, silenced: bool = False) -> None:
    """Appends a line about the incident; a full disk costs the line only."""
    emit(
        f"alert.{kind}",
        f"Alert {kind}: {incident.rule}: {incident.cause}",
        rule=incident.rule,
        incident=incident.id,
        severity=incident.severity,
        count=incident.count,
    )
    line = {"at": time.time(), "event": kind, **{name: value for name, value in vars(incident).items() if value is not None}}
    line |= {"labels": dict(incident.labels), "silenced": silenced}
    path = settings.logs_path / "alerts.jsonl"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _rotate(path)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError as error:
        log.warning("The log of alerts cannot be written", metrics={"error": type(error).__name__})


def _rotate(path: Path) -> None:
    if not path.exists() or path.stat().st_size < MAX_BYTES:
        return
    for number in range(KEPT_FILES - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    path.replace(path.with_name(f"{path.name}.1"))
