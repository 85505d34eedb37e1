"""`fathom documents remove`, `retry`, `cancel`, `priority`, `pause`, `resume`: commands of a person on this host."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, print_result, print_text, say, table

if TYPE_CHECKING:
    from fathom.operations.removal_receipt import Receipt
    from fathom.settings import Settings

BY = "this host"
Document = Annotated[str, typer.Argument(metavar="ID", help="The document's id: collection/path.")]
Collection = Annotated[str | None, typer.Argument(metavar="[COLLECTION]", help="One collection; all if none is named.")]


def add_to(documents: typer.Typer) -> None:
    """Adds the commands to the group `documents`."""
    documents.command("remove", epilog="Example: fathom documents remove research/report.pdf --yes")(remove)
    documents.command("restore", epilog="Example: fathom documents restore research/report.pdf")(restore)
    documents.command("retry", epilog="Example: fathom documents retry --failed")(retry)
    documents.command("cancel", epilog="Example: fathom documents cancel research/report.pdf")(cancel)
    as_number = {"ignore_unknown_options": True}  # so that -5 is read as a priority, not as an option
    documents.command(
        "priority", epilog="Example: fathom documents priority research/report.pdf 10", context_settings=as_number
    )(priority)
    documents.command("pause", epilog="Example: fathom documents pause research")(pause)
    documents.command("resume", epilog="Example: fathom documents resume research")(resume)


def remove(
    context: typer.Context,
    document: Annotated[str | None, typer.Argument(metavar="[ID]", help="The document's id: collection/path.")] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Keep no copy to bring it back from; also of a document that was removed before.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    receipt: Annotated[
        str | None,
        typer.Option("--verify", metavar="RECEIPT", help="Remove nothing; check that this receipt (id or file) still holds."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Remove a document from the graph, the inbox, the store and the list, and print the receipt.

    `restore` brings it back for FATHOM_UNDO_DAYS days, unless it is removed with --forget.
    """
    from fathom.errors import Refused, UsageWrong
    from fathom.operations.document_rows import require_document
    from fathom.operations.restorable_copies import is_removed

    settings = deployment()
    if (document is None) == (receipt is None):
        raise UsageWrong("Name one document to remove, or one receipt with --verify.")
    if receipt is not None:
        return _verify(settings, receipt, _json(context, as_json))
    assert document is not None
    copy_only = forget and is_removed(settings, document)
    if not copy_only:
        require_document(settings, document)
    question = f"Remove {document} and all that only it says{' for good' * forget}?"
    if not yes and not (sys.stdin.isatty() and typer.confirm(question, err=True)):
        raise Refused(f"{document} was not removed: nobody confirmed it.", document=document, hint="Confirm it with --yes.")
    if copy_only:
        return _forget(settings, document, _json(context, as_json))
    return _remove(settings, document, forget, _json(context, as_json))


def _forget(settings: Settings, document: str, as_json: bool) -> int:
    from fathom.operations.restorable_copies import forget_removed

    forget_removed(settings, document, by=BY)
    print_result({"forgotten": document}, as_json, lambda: say(f"The copy of {document} is erased."))
    return 0


def restore(context: typer.Context, document: Document, as_json: AsJson = False) -> int:
    """Bring a removed document back; nothing is extracted anew."""
    from fathom.operations.restorable_copies import restore_removed

    restored = restore_removed(deployment(), document, by=BY)
    message = f"{document} is back, with {restored.episodes} episodes and {restored.model_calls} calls of the language model."
    print_result(restored, _json(context, as_json), lambda: say(message))
    if not restored.bytes_there:
        say("Its accepted bytes are not in the store any more, so it cannot be processed again.")
    return 0


def _remove(settings: Settings, document: str, forget: bool, as_json: bool) -> int:
    from fathom.operations.remove import remove as remove_document

    receipt = remove_document(settings, document, by=BY, forget=forget)
    assert receipt is not None  # it was known a moment ago
    print_result(receipt, as_json, lambda: print_receipt(receipt))
    if receipt.attachments:
        say(f"What came with it stays, until it is removed as well: {', '.join(receipt.attachments)}.")
    say(f"{document} is removed. Its receipt {receipt.id} is in the audit log: fathom documents remove --verify {receipt.id}")
    return 0


def _verify(settings: Settings, receipt: str, as_json: bool) -> int:
    from fathom.operations.removal_verification import verify

    found = verify(settings, receipt)
    print_result(found, as_json, lambda: print_text("\n".join((*found.differences, *found.explained))))
    message = (
        "nothing of it is back."
        if found.holds
        else f"{len(found.differences)} difference{'s' * (len(found.differences) != 1)}."
    )
    say(f"Receipt {found.receipt} of {found.document}: {message}")
    return 0 if found.holds else 1


def print_receipt(receipt: Receipt) -> None:
    """Prints removed and kept objects, as tables."""
    removed = {
        "episodes": receipt.episodes_removed,
        "facts": receipt.facts_removed,
        "entities": receipt.entities_removed,
        "artifacts": receipt.artifacts_removed,
        "cached answers": receipt.answers_removed,
        "versions in the store": len(receipt.bytes_removed),
        "file in the inbox": receipt.file_removed,
    }
    table(("removed", "count>"), removed.items())
    table(("stays", "id", "why"), ((kept.kind, kept.id, kept.why) for kept in receipt.graph.kept))
    for line in receipt.stays:
        print_text(f"stays: {line}")
    print_text(f"digest before {receipt.graph.digest_before}")
    print_text(f"digest after  {receipt.graph.digest_after}")


def retry(
    context: typer.Context,
    document: Annotated[str | None, typer.Argument(metavar="[ID]", help="The document's id: collection/path.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="With --failed: only of this collection.")
    ] = None,
    no_partition: Annotated[
        bool, typer.Option("--no-partition", help="Give all whose partition was deleted in Dagster their partition back.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Retry a document that failed, was rejected, cancelled or done in part, or all that failed.

    A document that is done and whose partition was deleted in Dagster gets it back and is not processed again.
    """
    from fathom.errors import UsageWrong
    from fathom.observability.structured_logging import emit
    from fathom.operations.document_rows import require_document
    from fathom.operations.retry_documents import restore, retry_failed
    from fathom.operations.retry_documents import retry as retry_document

    if (document is not None) + failed + no_partition != 1:
        hint = "`fathom documents --state failed` lists what failed."
        raise UsageWrong("Name one document, or --failed, or --no-partition.", hint=hint)
    settings = deployment()
    again, restored = [], []
    if document is not None:
        state = require_document(settings, document).state
        again = [document] if retry_document(settings, document) else []
        restored = [] if again else restore(settings, document)
        if not again and not restored:
            raise UsageWrong(f"{document} is {state}, so there is nothing to try again.", document=document)
    elif failed:
        again = retry_failed(settings, collection)
    else:
        restored = restore(settings)
    for name in again:
        emit("upload.retried", "Retry requested", document=name, by=BY)
    result, message = {"retried": again}, f"{', '.join(again) or 'Nothing'} will be tried again."
    if restored or no_partition:
        result["restored"] = restored
        message = (
            f"{', '.join(restored)} has its partition in Dagster again." if restored else "Every document has its partition."
        )
    print_result(result, _json(context, as_json), lambda: say(message))
    return 0


def cancel(context: typer.Context, document: Document, as_json: AsJson = False) -> int:
    """Cancel the work on a document; `retry` starts it again."""
    from fathom.errors import UsageWrong
    from fathom.operations.cancel import cancel as cancel_document
    from fathom.operations.document_rows import require_document

    settings = deployment()
    state = require_document(settings, document).state
    if not cancel_document(settings, document, by=BY):
        raise UsageWrong(f"{document} is {state}, so there is nothing to cancel.", document=document)
    message = f"{document} is cancelled; `fathom documents retry {document}` takes it up again."
    print_result({"cancelled": document}, _json(context, as_json), lambda: say(message))
    return 0


def priority(
    context: typer.Context,
    document: Document,
    number: Annotated[int, typer.Argument(metavar="N", help="-100 to 100; the higher is first, 0 is usual.")],
    as_json: AsJson = False,
) -> int:
    """Set the priority of a document, which counts from its next run on; no run is stopped for it."""
    from fathom.database import open_database
    from fathom.observability.structured_logging import emit
    from fathom.operations.document_rows import require_document
    from fathom.uploads.priorities import prioritize

    settings = deployment()
    require_document(settings, document)
    prioritize(open_database(settings.operational_url), [document], number, by=BY, now=time.time())
    emit("upload.prioritized", "It was given a priority", document=document, priority=number, by=BY)
    print_result(
        {"document": document, "priority": number},
        _json(context, as_json),
        lambda: say(f"{document} has the priority {number}."),
    )
    return 0


def pause(
    context: typer.Context,
    collection: Collection = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who look.")] = "",
    as_json: AsJson = False,
) -> int:
    """Start no run for a collection, or for any, until `resume`; current runs finish."""
    from fathom.ids import collection_name
    from fathom.operations.pause_collections import pause as pause_collection
    from fathom.uploads.paused_collections import ALL

    which = ALL if collection is None else collection_name(collection)
    made = pause_collection(deployment(), which, reason=reason, by=BY)
    print_result(made, _json(context, as_json), lambda: say(f"{collection or 'Everything'} is paused."))
    return 0


def resume(context: typer.Context, collection: Collection = None, as_json: AsJson = False) -> int:
    """End the pause of a collection, or the pause of all; a paused account of the language model is tried at once."""
    from fathom.database import open_database
    from fathom.ids import collection_name
    from fathom.operations.pause_collections import resume as resume_collection
    from fathom.uploads import paused_collections, provider_accounts

    settings = deployment()
    engine = open_database(settings.operational_url)
    which = paused_collections.ALL if collection is None else collection_name(collection)
    tried = provider_accounts.probe_now(engine)
    ended = resume_collection(settings, which, by=BY)
    left = list(paused_collections.paused(engine))
    message = f"{collection or 'Everything'} goes on." if ended else f"{collection or 'Everything'} was not paused."
    if tried:
        message += " The account of the language model is tried with the next question."
    print_result({"resumed": ended, "account_tried": tried, "paused": left}, _json(context, as_json), lambda: say(message))
    return 0


def _json(context: typer.Context, as_json: bool) -> bool:
    return as_json or bool(isinstance(context.obj, dict) and context.obj.get("json"))
