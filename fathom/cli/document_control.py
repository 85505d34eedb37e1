"""`fathom documents remove`, `retry`, `cancel`, `pause`, `resume`: what a person decides about documents, on this host."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from fathom.cli.deployment import deployment
from fathom.cli.output import AsJson, answer, say

BY = "this host"
Document = Annotated[str, typer.Argument(metavar="ID", help="The document's id: collection/path.")]
Collection = Annotated[str | None, typer.Argument(metavar="[COLLECTION]", help="One collection; all if none is named.")]


def add_to(documents: typer.Typer) -> None:
    """The commands are in the group `documents`."""
    documents.command("remove", epilog="Example: fathom documents remove research/report.pdf --yes")(remove)
    documents.command("retry", epilog="Example: fathom documents retry --failed")(retry)
    documents.command("cancel", epilog="Example: fathom documents cancel research/report.pdf")(cancel)
    documents.command("pause", epilog="Example: fathom documents pause research")(pause)
    documents.command("resume", epilog="Example: fathom documents resume research")(resume)


def remove(
    context: typer.Context,
    document: Document,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> int:
    """Take a document out of the graph, the inbox and the list, and print the receipt."""
    from fathom.control.documents import known_document
    from fathom.control.removing import remove as remove_document
    from fathom.errors import Refused

    settings = deployment()
    known_document(settings, document)
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Remove {document} and all that only it says?", err=True)):
        raise Refused(f"{document} was not removed: nobody confirmed it.", document=document, hint="Confirm it with --yes.")
    receipt = remove_document(settings, document, by=BY)
    assert receipt is not None  # it was known a moment ago
    told = f"{document} is removed: {receipt.episodes_removed} episodes, " + (
        "and its file in the inbox." if receipt.file_removed else "its file was no longer in the inbox."
    )
    if receipt.attachments:
        told += f" What came with it stays, until it is removed as well: {', '.join(receipt.attachments)}."
    answer(receipt, _json(context, as_json), lambda: say(told))
    return 0


def retry(
    context: typer.Context,
    document: Annotated[str | None, typer.Argument(metavar="[ID]", help="The document's id: collection/path.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="With --failed: only of this one.")] = None,
    as_json: AsJson = False,
) -> int:
    """Try a document again that failed, was rejected or cancelled, or all that failed."""
    from fathom.control.documents import known_document
    from fathom.errors import UsageWrong
    from fathom.observability.logs import emit
    from fathom.uploads.intake import open_intake
    from fathom.uploads.upload import UploadState

    if (document is None) != failed:
        raise UsageWrong("Name one document, or --failed.", hint="`fathom documents --state failed` lists what failed.")
    settings = deployment()
    intake = open_intake(settings)
    if document is not None:
        state = known_document(settings, document).state
        if not intake.retry(document):
            raise UsageWrong(f"{document} is {state}, so there is nothing to try again.", document=document)
        again = [document]
    else:
        found = intake.list(states=(UploadState.FAILED,), collection=collection)
        again = [one.document for one in found if intake.retry(one.document)]
    for one in again:
        emit("upload.retried", "Somebody asked for another try", document=one, by=BY)
    said = f"{', '.join(again) or 'Nothing'} will be tried again."
    answer({"retried": again}, _json(context, as_json), lambda: say(said))
    return 0


def cancel(context: typer.Context, document: Document, as_json: AsJson = False) -> int:
    """End the work on a document; `retry` takes it up again."""
    from fathom.control.cancelling import cancel as cancel_document
    from fathom.control.documents import known_document
    from fathom.errors import UsageWrong

    settings = deployment()
    state = known_document(settings, document).state
    if not cancel_document(settings, document, by=BY):
        raise UsageWrong(f"{document} is {state}, so there is nothing to cancel.", document=document)
    said = f"{document} is cancelled; `fathom documents retry {document}` takes it up again."
    answer({"cancelled": document}, _json(context, as_json), lambda: say(said))
    return 0


def pause(
    context: typer.Context,
    collection: Collection = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who look.")] = "",
    as_json: AsJson = False,
) -> int:
    """Start no run for a collection, or for any, until `resume`; what runs goes on to its end."""
    from fathom.database import open_database
    from fathom.ids import collection_name
    from fathom.observability.logs import emit
    from fathom.uploads import pausing

    engine = open_database(deployment().operational_url)
    which = pausing.ALL if collection is None else collection_name(collection)
    made = pausing.pause(engine, which, reason=reason, by=BY, now=time.time())
    emit("system.paused", "Paused", collection=which, by=BY)
    answer(made, _json(context, as_json), lambda: say(f"{collection or 'Everything'} is paused."))
    return 0


def resume(context: typer.Context, collection: Collection = None, as_json: AsJson = False) -> int:
    """End the pause of a collection, or the pause of all."""
    from fathom.database import open_database
    from fathom.ids import collection_name
    from fathom.observability.logs import emit
    from fathom.uploads import pausing

    engine = open_database(deployment().operational_url)
    which = pausing.ALL if collection is None else collection_name(collection)
    ended = pausing.resume(engine, which)
    if ended:
        emit("system.resumed", "Resumed", collection=which, by=BY)
    left = list(pausing.paused(engine))
    said = f"{collection or 'Everything'} goes on." if ended else f"{collection or 'Everything'} was not paused."
    answer({"resumed": ended, "paused": left}, _json(context, as_json), lambda: say(said))
    return 0


def _json(context: typer.Context, as_json: bool) -> bool:
    return as_json or bool(isinstance(context.obj, dict) and context.obj.get("json"))
