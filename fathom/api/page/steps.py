"""Buttons of state changes; each first explains its effect."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from fathom.api.page.figures_in_words import many
from fathom.api.page.html_markup import Markup, tag
from fathom.api.routes.document_paths import encoded
from fathom.errors import RunCancelled
from fathom.security.api_keys import Caller
from fathom.status.document_status import DocumentStatus
from fathom.status.liveness import OVER
from fathom.uploads.paused_collections import ALL

URGENT = 10  # the priority that the page sets; API and command line accept any


def retry_failed(scope: str | None, failed: int, in_part: int) -> Markup:
    """Returns the button that retries failed and partial documents, of a collection or of all."""
    which = " and ".join(f"{count:,} {what}" for count, what in ((failed, "failed"), (in_part, "done in part")) if count)
    says = (
        f"{many(failed + in_part, 'document')}{f' of {scope}' if scope else ''} ({which}) will be worked on again from where "
        "the work stopped. What is in the graph already is not asked or paid for twice.\n"
        "Rejected files are not tried: they would be rejected again."
    )
    query = f"?{urlencode({'collection': scope})}" if scope else ""
    return _button(
        "Try failed again…", "POST", f"/api/documents/retry-failed{query}", "Try again what failed?", says, "Try again"
    )


def pause(scope: str | None) -> Markup:
    """Returns the button that pauses a collection, or all."""
    says = (
        "No work is started on documents that wait, until somebody resumes. What is being worked on now goes on to its end. "
        "Files are still taken."
    )
    what = f"the collection {scope}" if scope else "every collection"
    return _button(
        f"Pause {scope or 'all'}…", "POST", f"/api/collections/{scope or ALL}/pause", f"Pause {what}?", says, "Pause"
    )


def resume(scope: str) -> Markup:
    """Returns the button that resumes a collection, or all, without confirmation."""
    return tag("button", "Resume", type="button", data_method="POST", data_url=f"/api/collections/{scope}/resume")


def of_document(status: DocumentStatus, caller: Caller) -> list[Markup]:
    """Returns the buttons that the caller may use in the document's state."""
    document, at = status.upload_id, f"/api/documents/{encoded(status.upload_id)}"
    found: list[Markup] = []
    if caller.has("operator") and status.state in ("failed", "partial") and status.version is not None:
        found.append(_button("Try again…", "POST", f"{at}/retry", "Try it again?", _retry_says(status), "Try again"))
    if caller.has("operator") and status.state in ("queued", "paused"):
        first = status.priority <= 0
        found.append(_prioritized(at, "Put first" if first else "In its turn", URGENT if first else 0))
    if caller.has("operator") and status.state not in OVER:
        says = (
            f"The work on {document} ends within two seconds. What was written to the graph so far stays there.\n"
            "It is listed as failed then; “Try again” takes the work up where it stopped."
        )
        found.append(_button("Cancel…", "POST", f"{at}/cancel", "Cancel the work on it?", says, "Cancel the work", "danger"))
    if caller.has("admin") and status.state in OVER:
        written = status.metrics.get("chunks_processed") or 0
        says = (
            f"{document} and all that only it says is taken out of the graph: {many(int(written), 'chunk')} with the entities "
            "and facts that no other document supports.\nIts file in the inbox, its converted form and its chunks are deleted. "
            "This cannot be undone; only sending the file again brings it back."
        )
        found.append(_button("Remove…", "DELETE", at, "Remove this document?", says, "Remove it", "danger"))
    return found


def _prioritized(at: str, label: str, priority: int) -> Markup:
    """Returns the button that sets a priority, without confirmation: it stops no run."""
    body = json.dumps({"priority": priority})
    return tag("button", label, type="button", data_method="POST", data_url=f"{at}/priority", data_body=body)


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


def _button(label: str, method: str, url: str, title: str, says: str, yes: str, kind: str | None = None) -> Markup:
    return tag(
        "button",
        label,
        type="button",
        data_method=method,
        data_url=url,
        data_title=title,
        data_says=says,
        data_yes=yes,
        data_kind=kind,
    )
