"""Attachments of mails as uploads of their own: accepted like files of the inbox, and known by the mail they came with."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from fathom.errors import DocumentDamaged, DocumentRejected, DocumentTooLarge, NestedTooDeep
from fathom.ids import attachment_id, split_document_id
from fathom.observability.structured_logging import get_logger, stage
from fathom.tables import attachments
from fathom.uploads import repository
from fathom.uploads.content_store import UploadStore
from fathom.uploads.inbox.inbox_scan import FoundFile, Identity

log = get_logger(__name__)

MOST_NESTED = 3  # mails in mails: what comes with the third is taken, what comes with a fourth is not
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """An attachment as the mail has it; `content` is None where it could not be read out, and `refused` says why."""

    name: str
    content: bytes | None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """What became of an attachment: the document it is, bytes, and the error by which it was rejected, if it was."""

    document: str
    size: int
    error: DocumentRejected | None = None


@dataclass(frozen=True, slots=True)
class Kin:
    """The mail that a document came with, and the documents that came with it, in their order."""

    mail: str | None = None
    attachments: tuple[str, ...] = ()


NO_KIN = Kin()


def accept_attachments(
    engine: Engine, store: UploadStore, mail: str, version: str, pieces: Sequence[Piece], *, max_bytes: int, now: float
) -> list[Attached]:
    """Each piece is an accepted upload `mail/name`, or listed as rejected by name; those that were already stay as they are.

    A kill at any point repeats nothing: the same bytes take the same place. Raises StoreFull, StoreFailed.
    """
    collection, _ = split_document_id(mail)
    deep = len(_mails_above(engine, mail)) + 1 > MOST_NESTED
    told: list[Attached] = []
    accepted: list[tuple[FoundFile, str]] = []
    for piece in pieces:
        document = attachment_id(mail, piece.name)
        size = len(piece.content or b"")
        file = FoundFile(document, collection, (), Identity(size, 0, 0, 0))
        error = _refusal(piece, deep=deep, max_bytes=max_bytes)
        told.append(Attached(document, size, error))
        with stage("upload", document=document):
            if error is None and piece.content is not None:
                kept = store.keep(io.BytesIO(piece.content))
                accepted.append((file, kept.version))
                log.info("Attachment stored", sub_stage="stored", metrics={"bytes": size, "version": kept.version})
            elif error is not None:
                repository.reject_unread(engine, file, error.name, error.message, now)
                log.warning(error.message, sub_stage="rejected", metrics={"error": error.name, "bytes": size})
    _link(engine, mail, version, [one.document for one in told])
    if accepted:
        repository.accept(engine, accepted, now)
    return told


def kin_of(engine: Engine, document: str) -> Kin:
    """The mail it came with and what came with it, as far as its documents are still there."""
    return kinship(engine, [document])[document]


def kinship(engine: Engine, documents: Iterable[str]) -> dict[str, Kin]:
    """The kin of each of these documents."""
    c = attachments.c
    wanted = list(dict.fromkeys(documents))
    mails: dict[str, str] = {}
    with_them: dict[str, list[str]] = {}
    with engine.begin() as connection:
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            query = sa.select(c.document, c.mail).where(sa.or_(c.document.in_(some), c.mail.in_(some)))
            for document, mail in connection.execute(query.order_by(c.mail, c.position, c.document)):
                mails[document] = mail
                if document not in (listed := with_them.setdefault(mail, [])):
                    listed.append(document)
    return {one: Kin(mails.get(one), tuple(with_them.get(one, ()))) for one in wanted}


def forget_kin(engine: Engine, document: str) -> None:
    """The document is no attachment any more; those that came with it still know its name."""
    with engine.begin() as connection:
        connection.execute(attachments.delete().where(attachments.c.document == document))


def _refusal(piece: Piece, *, deep: bool, max_bytes: int) -> DocumentRejected | None:
    if piece.content is None:
        return DocumentDamaged(piece.refused or "It cannot be read out of its mail.")
    if deep:
        return NestedTooDeep(
            f"It came with a mail that is more than {MOST_NESTED} mails deep.",
            hint="Save it from its mail and upload it by itself.",
        )
    if len(piece.content) > max_bytes:
        return DocumentTooLarge(f"The attachment has {len(piece.content) / _MB:.0f} MB; the limit is {max_bytes // _MB} MB.")
    return None


def _mails_above(engine: Engine, document: str) -> list[str]:
    """The mail it came with, the mail that came with, and so on."""
    above: list[str] = []
    c = attachments.c
    with engine.begin() as connection:
        while len(above) <= MOST_NESTED:
            mail = connection.scalar(sa.select(c.mail).where(c.document == (above[-1] if above else document)))
            if mail is None:
                break
            above.append(mail)
    return above


def _link(engine: Engine, mail: str, version: str, documents: Sequence[str]) -> None:
    if not documents:
        return
    insert = (postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert)(attachments)
    fresh = ("mail", "mail_version", "position")
    statement = insert.on_conflict_do_update(
        index_elements=[attachments.c.document], set_={name: insert.excluded[name] for name in fresh}
    )
    rows = [
        {"document": document, "mail": mail, "mail_version": version, "position": position}
        for position, document in enumerate(documents)
    ]
    with engine.begin() as connection:
        connection.execute(statement, rows)
