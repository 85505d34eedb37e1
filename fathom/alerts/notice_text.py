"""Words a notice: title, cause, documents, and links to the page and to the Dagster run."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from fathom.alerts.incident import Incident, NoticeKind
from fathom.settings import Settings

LISTED = 5  # documents
MAX_CAUSE = 600  # characters
_VERBS = {"opened": "", "updated": "still: ", "escalated": "escalated: ", "resolved": "resolved: "}


def notice_text(settings: Settings, incident: Incident, kind: NoticeKind) -> tuple[str, str]:
    """Returns title and body of a notice."""
    title = f"[{incident.severity.upper()}] {_VERBS[kind]}{incident.rule}"
    lines = [incident.cause[:MAX_CAUSE]]
    if incident.count > 1:
        lines.append(f"{incident.count} documents or subjects so far.")
    lines += [f"- {document}: {document_link(settings, document)}" for document in incident.documents[:LISTED]]
    if len(incident.documents) > LISTED or incident.count > max(LISTED, len(incident.documents)):
        lines.append(f"- and {incident.count - min(LISTED, len(incident.documents))} more: {page_address(settings)}/quality")
    if incident.run:
        lines.append(f"Dagster run: {run_link(settings, incident.run)}")
    lines.append(
        f"Began {_when(incident.began_at)}" + (f", ended {_when(incident.resolved_at)}" if incident.resolved_at else ".")
    )
    lines.append(f"Incident {incident.id}: {page_address(settings)}/quality/alerts; `fathom alerts ack {incident.id}`")
    return title, "\n".join(lines)


def page_address(settings: Settings) -> str:
    """Returns the address of the page."""
    return f"http://127.0.0.1:{settings.api_port}"


def document_link(settings: Settings, document: str) -> str:
    """Returns the address of a document's page."""
    return f"{page_address(settings)}/documents/{quote(document, safe='')}"


def run_link(settings: Settings, run: str) -> str:
    """Returns the address of a run in Dagster."""
    return f"http://127.0.0.1:{settings.dagster_port}/runs/{quote(run, safe='')}"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
