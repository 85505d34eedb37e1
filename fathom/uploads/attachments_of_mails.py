"""Accepts attachments of mails as uploads of their own, and records which mail each came with."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.errors import DocumentDamaged, DocumentRejected, DocumentTooLarge, NestedTooDeep
from fathom.ids import attachment_id, split_document_id
from fathom.observability.structured_logging import get_logger, stage
from fathom.sql import insert_into
from fathom.tables import attachments
from fathom.uploads import repository
from fathom.uploads.content_store import UploadStore
from fathom.uploads.inbox.inbox_scan import FoundFile, Identity

log = get_logger(__name__)

MAX_NESTED_MAILS = 3  # mails in mails: attachments of the third are accepted, those of a fourth are not
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """An attachment of a mail; `content` is None if it could not be read, and `refused` is the reason."""

    name: str
    content: bytes | None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class AttachmentOutcome:
    """The outcome of accepting an attachment: its document id, its size in bytes, and the error if it was rejected."""

    document: str
    size: int
    error: DocumentRejected | None = None


@dataclass(frozen=True, slots=True)
class MailLinks:
    """Holds the mail that a document came with, and the documents attached to it, in their order."""

    mail: str | None = None
    attachments: tuple[str, ...] = ()


NO_MAIL_LINKS = MailLinks()


@dataclass(frozen=True)
class AttachmentIntake:
    """Accepts attachments of mails into the store, up to a size in bytes."""

    engine: Engine
    store: UploadStore
    max_bytes: int

    def accept(self, mail: str, version: str, pieces: Sequence[MailAttachment], now: float) -> list[AttachmentOutcome]:
        """Accepts each attachment as an upload `mail/name`, or lists it as rejected; those accepted before are unchanged.

        Idempotent, also after a kill: the same bytes get the same name in the store. Raises StoreFull, StoreFailed.
        """
        collection, _ = split_document_id(mail)
        deep = len(_mails_above(self.engine, mail)) + 1 > MAX_NESTED_MAILS
        outcomes: list[AttachmentOutcome] = []
        accepted: list[tuple[FoundFile, str]] = []
        for piece in pieces:
            document = attachment_id(mail, piece.name)
            size = len(piece.content or b"")
            file = FoundFile(document, collection, (), Identity(size, 0, 0, 0))
            error = _refusal(piece, deep=deep, max_bytes=self.max_bytes)
            outcomes.append(AttachmentOutcome(document, size, error))
            with stage("upload", document=document):
                if error is None and piece.content is not None:
                    kept = self.store.keep(io.BytesIO(piece.content))
                    accepted.append((file, kept.version))
                    log.info("Attachment stored", sub_stage="stored", metrics={"bytes": size, "version": kept.version})
                elif error is not None:
                    repository.reject_unread(self.engine, file, error.name, error.message, now)
                    log.warning(error.message, sub_stage="rejected", metrics={"error": error.name, "bytes": size})
        _link(self.engine, mail, version, [outcome.document for outcome in outcomes])
        if accepted:
            repository.accept(self.engine, accepted, now)
        return outcomes


def mail_links_of(engine: Engine, document: str) -> MailLinks:
    """Returns the mail that the document came with and its own attachments, as far as they still exist."""
    return mail_links(engine, [document])[document]


def mail_links(engine: Engine, documents: Iterable[str]) -> dict[str, MailLinks]:
    """Returns the mail links of each of these documents."""
    c = attachments.c
    wanted = list(dict.fromkeys(documents))
    mails: dict[str, str] = {}
    with_them: dict[str, list[str]] = {}
    with engine.begin() as connection:
        for start in range(0, len(wanted), 500):
            page = wanted[start : start + 500]
            query = sa.select(c.document, c.mail).where(sa.or_(c.document.in_(page), c.mail.in_(page)))
            for document, mail in connection.execute(query.order_by(c.mail, c.position, c.document)):
                mails[document] = mail
                if document not in (listed := with_them.setdefault(mail, [])):
                    listed.append(document)
    return {document: MailLinks(mails.get(document), tuple(with_them.get(document, ()))) for document in wanted}


def delete_mail_link(engine: Engine, document: str) -> None:
    """Deletes the link from the document to its mail; its own attachments keep their link to it."""
    with engine.begin() as connection:
        connection.execute(attachments.delete().where(attachments.c.document == document))


def _refusal(piece: MailAttachment, *, deep: bool, max_bytes: int) -> DocumentRejected | None:
    if piece.content is None:
        return DocumentDamaged(piece.refused or "It cannot be read out of its mail.")
    if deep:
        return NestedTooDeep(
            f"It came with a mail that is more than {MAX_NESTED_MAILS} mails deep.",
            hint="Save it from its mail and upload it by itself.",
        )
    if len(piece.content) > max_bytes:
        return DocumentTooLarge(f"The attachment has {len(piece.content) / _MB:.0f} MB; the limit is {max_bytes // _MB} MB.")
    return None


def _mails_above(engine: Engine, document: str) -> list[str]:
    """Returns the mail that the document came with, the mail which that came with, and so on."""
    above: list[str] = []
    c = attachments.c
    with engine.begin() as connection:
        while len(above) <= MAX_NESTED_MAILS:
            mail = connection.scalar(sa.select(c.mail).where(c.document == (above[-1] if above else document)))
            if mail is None:
                break
            above.append(mail)
    return above


def _link(engine: Engine, mail: str, version: str, documents: Sequence[str]) -> None:
    if not documents:
        return
    insert = insert_into(engine, attachments)
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
