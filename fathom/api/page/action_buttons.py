"""Buttons of state changes; each first explains its effect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from fathom.api.page.figures_in_words import many
from fathom.api.routes.document_paths import encoded
from fathom.errors import RunCancelled
from fathom.security.api_keys import Caller
from fathom.status.document_status import DocumentStatus
from fathom.status.liveness import OVER
from fathom.uploads.paused_collections import ALL

URGENT = 10  # the priority that the page sets; API and command line accept any


@dataclass(frozen=True)
class Confirmation:
    """A dialog before a step: its title, its effect in lines, the word of consent, and the kind of the consenting button."""

    title: str
    says: str
    yes: str
    kind: str | None = None


@dataclass(frozen=True)
class ActionButton:
    """A button that sends a request to the API, after a confirmation if there is one; `body` is JSON."""

    label: str
    method: str
    url: str
    confirmation: Confirmation | None = None
    body: str | None = None


def retry_failed(scope: str | None, failed: int, in_part: int) -> ActionButton:
    """Returns the button that retries failed and partial documents, of a collection or of all."""
    which = " and ".join(f"{count:,} {what}" for count, what in ((failed, "failed"), (in_part, "done in part")) if count)
    says = (
        f"{many(failed + in_part, 'document')}{f' of {scope}' if scope else ''} ({which}) will be worked on again from where "
        "the work stopped. What is in the graph already is not asked or paid for twice.\n"
        "Rejected files are not tried: they would be rejected again."
    )
    query = f"?{urlencode({'collection': scope})}" if scope else ""
    confirmation = Confirmation("Try again what failed?", says, "Try again")
    return ActionButton("Try failed again…", "POST", f"/api/documents/retry-failed{query}", confirmation)


def pause(scope: str | None) -> ActionButton:
    """Returns the button that pauses a collection, or all."""
    says = (
        "No work is started on documents that wait, until somebody resumes. What is being worked on now goes on to its end. "
        "Files are still taken."
    )
    what = f"the collection {scope}" if scope else "every collection"
    confirmation = Confirmation(f"Pause {what}?", says, "Pause")
    return ActionButton(f"Pause {scope or 'all'}…", "POST", f"/api/collections/{scope or ALL}/pause", confirmation)


def resume(scope: str) -> ActionButton:
    """Returns the button that resumes a collection, or all, without confirmation."""
    return ActionButton("Resume", "POST", f"/api/collections/{scope}/resume")


def of_document(status: DocumentStatus, caller: Caller) -> list[ActionButton]:
    """Returns the buttons that the caller may use in the document's state."""
    at = f"/api/documents/{encoded(status.upload_id)}"
    found: list[ActionButton] = []
    if caller.has("operator") and status.state in ("failed", "partial") and status.version is not None:
        confirmation = Confirmation("Try it again?", _retry_says(status), "Try again")
        found.append(ActionButton("Try again…", "POST", f"{at}/retry", confirmation))
    if caller.has("operator") and status.state in ("queued", "paused"):
        first = status.priority <= 0
        found.append(_prioritized(at, "Put first" if first else "In its turn", URGENT if first else 0))
    if caller.has("operator") and status.state not in OVER:
        confirmation = Confirmation("Cancel the work on it?", _cancel_says(status), "Cancel the work", "danger")
        found.append(ActionButton("Cancel…", "POST", f"{at}/cancel", confirmation))
    if caller.has("admin") and status.state in OVER:
        confirmation = Confirmation("Remove this document?", _remove_says(status), "Remove it", "danger")
        found.append(ActionButton("Remove…", "DELETE", at, confirmation))
    return found


def _prioritized(at: str, label: str, priority: int) -> ActionButton:
    """Returns the button that sets a priority, without confirmation: it stops no run."""
    return ActionButton(label, "POST", f"{at}/priority", body=json.dumps({"priority": priority}))


def _retry_says(status: DocumentStatus) -> str:
    if status.state == "partial":
        return (
            "Only the chunks that were set aside go to the language model again. What is in the graph stays there, and is not "
            "asked or paid for twice."
        )
    kind = (status.error or {}).get("type")
    if status.error and not status.error.get("retryable") and kind != RunCancelled.__name__:
        return (
            f"It failed with {kind}, which another try seldom changes: the file itself is the reason. Sending a mended file "
            "under the same name is what helps."
        )
    return "The work is taken up where it stopped. What is in the graph already is not asked or paid for twice."


def _cancel_says(status: DocumentStatus) -> str:
    return (
        f"The work on {status.upload_id} ends within two seconds. What was written to the graph so far stays there.\n"
        "It is listed as failed then; “Try again” takes the work up where it stopped."
    )


def _remove_says(status: DocumentStatus) -> str:
    written = int(status.metrics.get("chunks_processed") or 0)
    return (
        f"{status.upload_id} and all that only it says is taken out of the graph: {many(written, 'chunk')} with the entities "
        "and facts that no other document supports.\nIts file in the inbox, its converted form and its chunks are deleted. "
        "This cannot be undone; only sending the file again brings it back."
    )
