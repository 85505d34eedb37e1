"""Docling's backend for mails, whose headers and parts are read by Fathom's own readers."""

from __future__ import annotations

import email
from email import policy
from email.message import Message
from io import BytesIO
from itertools import groupby
from pathlib import Path

from docling.backend.abstract_backend import DeclarativeDocumentBackend
from docling.datamodel.backend_options import EmailBackendOptions
from docling.datamodel.base_models import InputFormat
from docling.datamodel.document import InputDocument
from docling_core.types.doc import DocItemLabel, DoclingDocument, DocumentOrigin

from fathom.conversion.docling_backends.html.page import write_page
from fathom.conversion.docling_backends.html.page_writer import PageWriter
from fathom.conversion.docling_backends.markup.markup_blocks import Code, MarkupBlock, MarkupHeading, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, Run
from fathom.conversion.docling_backends.text.wrapped_lines import is_aligned
from fathom.conversion.email.body_parts import BodyPart, MailContent, content_of
from fathom.conversion.email.calendar_part import CalendarEvent, events_of
from fathom.conversion.email.mail_headers import date_of, header_text, people_of
from fathom.conversion.email.plain_body import paragraphs_of
from fathom.conversion.report import Notice
from fathom.errors import NestedTooDeep

MAX_NAMED = 10
MIN_COLUMN_LINES = 2  # a single line with a gap is text


class MailBackend(DeclarativeDocumentBackend):  # type: ignore[misc]  # its own imports have no types
    """Reads a mail or a saved page (MHTML). After `convert`, `notices` name the parts that are not read."""

    def __init__(
        self, in_doc: InputDocument, path_or_stream: BytesIO | Path, options: EmailBackendOptions | None = None
    ) -> None:
        super().__init__(in_doc, path_or_stream, options or EmailBackendOptions())
        self.notices: list[Notice] = []
        self._data = path_or_stream.getvalue() if isinstance(path_or_stream, BytesIO) else path_or_stream.read_bytes()

    def is_valid(self) -> bool:
        """Returns whether there is anything to read."""
        return bool(self._data.strip())

    @classmethod
    def supports_pagination(cls) -> bool:
        """Returns False, since a mail has no pages."""
        return False

    @classmethod
    def supported_formats(cls) -> set[InputFormat]:
        """Returns the formats that the backend reads."""
        return {InputFormat.EMAIL}

    def convert(self) -> DoclingDocument:
        """Returns the document of the mail: subject, people, date, then the body. Raises NestedTooDeep."""
        try:
            message: Message[str, str] = email.message_from_bytes(self._data, policy=policy.compat32)
            content = content_of(message)
        except RecursionError as error:  # raised by Python's mail parser
            raise NestedTooDeep("Its parts or embedded mails are nested some hundred levels deep.") from error
        origin = DocumentOrigin(
            filename=self.file.name or "file.eml", mimetype="message/rfc822", binary_hash=self.document_hash
        )
        document = DoclingDocument(name=self.file.stem or "file", origin=origin)
        _write_headers(document, message, content)
        self.notices = notices_of(content)
        listed: set[tuple[str, ...]] = set()
        for part in content.parts:
            if part.kind == "html":
                write_page(part.page, document)
                self.notices += part.page.notices
            else:
                blocks = plain_blocks(part.paragraphs) if part.kind == "plain" else calendar_blocks(part, listed)
                PageWriter(document).write(blocks)
        return document


def _write_headers(document: DoclingDocument, mail: Message[str, str], content: MailContent) -> None:
    subject = header_text(mail, "Subject")
    if content.is_saved_page:
        if subject and not any(_has_title(part) for part in content.parts):
            document.add_title(subject)
        return
    if subject:
        document.add_title(subject)
    headers = {name: people_of(mail, name) for name in ("From", "To", "Cc", "Bcc")}
    for name, value in {**headers, "Date": date_of(mail)}.items():
        if value:
            document.add_text(DocItemLabel.TEXT, f"{name}: {value}")


def plain_blocks(paragraphs: list[str]) -> list[MarkupBlock]:
    """Returns plain paragraphs as blocks, their line breaks kept; lines set in columns keep their blanks, too."""
    blocks: list[MarkupBlock] = []
    for paragraph in paragraphs:
        lines: list[str] = []
        for is_columns, group in groupby(paragraph.split("\n"), is_aligned):
            found = list(group)
            if not is_columns or len(found) < MIN_COLUMN_LINES:
                lines += found
                continue
            blocks += _paragraph(lines)
            blocks.append(Code("\n".join(found)))
            lines = []
        blocks += _paragraph(lines)
    return blocks


def _paragraph(lines: list[str]) -> list[MarkupBlock]:
    return [Paragraph([Run(LINE_BREAK.join(lines))])] if lines else []


def calendar_blocks(part: BodyPart, listed: set[tuple[str, ...]]) -> list[MarkupBlock]:
    """Returns the events of a calendar that are not in the document yet, and records them; its bare text if it has none."""
    events = events_of(part.calendar)
    if not events:
        return plain_blocks(paragraphs_of(part.calendar))
    blocks: list[MarkupBlock] = []
    for event in events:
        if event.identity not in listed:
            listed.add(event.identity)
            blocks += _event_blocks(event)
    return blocks


def _event_blocks(event: CalendarEvent) -> list[MarkupBlock]:
    lines = LINE_BREAK.join(event.lines)
    facts: list[MarkupBlock] = [Paragraph([Run(lines)])] if lines else []
    return [MarkupHeading([Run(event.heading)], level=1), *facts, *plain_blocks(paragraphs_of(event.description))]


def notices_of(content: MailContent) -> list[Notice]:
    """Returns notices that name the parts of the mail which are neither read nor attached to it."""
    notices: list[Notice] = []
    if content.pictures:
        where = "page" if content.is_saved_page else "mail"
        message = f"Pictures within the {where} are not taken: {_listed(content.pictures)}."
        notices.append(Notice(kind="inline_pictures_not_taken", message=message, count=len(content.pictures)))
    if content.untaken:
        message = f"Parts that are no text are not taken: {_listed(content.untaken)}."
        notices.append(Notice(kind="mail_parts_not_taken", message=message, count=len(content.untaken)))
    return notices


def _listed(names: list[str]) -> str:
    return ", ".join(names[:MAX_NAMED]) + (", …" if len(names) > MAX_NAMED else "")


def _has_title(part: BodyPart) -> bool:
    return any(isinstance(block, MarkupHeading) and block.level == 0 for block in part.page.blocks)
