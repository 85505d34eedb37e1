"""Reads OpenDocument texts (ODT)."""

from __future__ import annotations

from typing import Any

from docling.backend.opendocument_backend import OdtDocumentBackend, _OdfComments
from docling.exceptions import DocumentLoadError
from docling_core.types.doc import DoclingDocument, DocumentOrigin

from fathom.conversion.docling_backends.office.office_headers_footers import keep_headers_footers
from fathom.conversion.docling_backends.office.office_notes import add_comments, add_note, objects_notice
from fathom.conversion.docling_backends.opendocument.body import BodyWriter
from fathom.conversion.docling_backends.opendocument.forms import Forms
from fathom.conversion.docling_backends.opendocument.media import Media
from fathom.conversion.docling_backends.opendocument.opendocument_markup import TEXT
from fathom.conversion.docling_backends.opendocument.opendocument_paragraphs import OpenDocumentParagraphReader
from fathom.conversion.docling_backends.opendocument.opendocument_styles import Styles
from fathom.conversion.report import Notice


class OdtBackend(OdtDocumentBackend):
    """OdtDocumentBackend with its own walk over the body; the sibling modules name docling 2.142.1's losses."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.notices: list[Notice] = []
        super().__init__(*arguments, **named)
        require_content(self.odf_obj)

    def convert(self) -> DoclingDocument:
        """Returns the text as a document: the body, its notes at the end, headers and footers once."""
        origin = DocumentOrigin(
            filename=self.file.name or "file",
            mimetype="application/vnd.oasis.opendocument.text",
            binary_hash=self.document_hash,
        )
        document = DoclingDocument(name=self.file.stem or "file", origin=origin)
        threads = CommentThreads(self._detach_annotations())
        writer = body_writer(self, document, threads)
        body = self.odf_obj.body._xml_element
        writer.blocks(body, None)
        add_notes(writer)
        for name, lines in threads.rest():
            add_comments(document, lines, name=name, parent=None)
        self._add_header_footer(document)
        keep_headers_footers(document)
        deletions = body.iterfind(f"{TEXT}tracked-changes/{TEXT}changed-region/{TEXT}deletion")
        writer.reader.hidden.deleted += sum(bool("".join(deleted.itertext()).strip()) for deleted in deletions)
        self.notices += omission_notices(writer)
        return document


def require_content(file: Any) -> None:
    """Raises DocumentLoadError for a file whose content is no XML; docling 2.142.1 fails later with an unnamed error."""
    if file is None:
        return
    try:
        found = file.content.get_element("office:body")
    except (ValueError, KeyError, SyntaxError) as error:  # lxml's errors are SyntaxErrors
        raise DocumentLoadError(f"The content cannot be read: {error}") from error
    if found is None:
        raise DocumentLoadError("The content has no body")


class CommentThreads:
    """The comment threads that docling found, by paragraph; each is returned once."""

    def __init__(self, comments: _OdfComments) -> None:
        self._threads: dict[Any, list[tuple[int, list[str]]]] = comments._threads

    def take(self, paragraph: Any) -> list[tuple[str, list[str]]]:
        """Returns (name, lines) of the paragraph's threads that were not taken before."""
        return [(f"comment-{number}", lines) for number, lines in self._threads.pop(paragraph, [])]

    def rest(self) -> list[tuple[str, list[str]]]:
        """Returns the threads whose paragraph produced no item."""
        return [thread for paragraph in list(self._threads) for thread in self.take(paragraph)]


def body_writer(backend: Any, document: DoclingDocument, threads: Any) -> BodyWriter:
    """Returns the writer of a file's body."""
    file = backend.odf_obj
    common = file.styles.root._xml_element if "styles.xml" in file.container.get_parts() else None
    content = file.content.root._xml_element
    styles = Styles(content, common)
    media = Media(file, backend._image_loader)
    return BodyWriter(document, styles, OpenDocumentParagraphReader(styles, media.formula_of, Forms(content)), media, threads)


def add_notes(writer: BodyWriter) -> None:
    """Adds the notes with marks in the text, footnotes before endnotes."""
    for kind in ("footnote", "endnote"):
        for note in [note for note in writer.reader.notes if note.kind == kind]:
            add_note(writer.document, note.mark, writer.reader.note_pieces(note))


def omission_notices(writer: BodyWriter) -> list[Notice]:
    """Returns notices of content omitted on purpose."""
    hidden = writer.reader.hidden
    found = [
        ("deleted_text", hidden.deleted, "Text that is marked as deleted was left out."),
        ("hidden_text", hidden.text, "Hidden text was left out."),
        ("hidden_sections", hidden.sections, "Hidden sections were left out."),
        ("hidden_rows", writer.hidden_rows, "Hidden rows of tables were left out."),
        ("repeated_cells", writer.copies.cut, "Repetitions of the same cells of tables were left out."),
    ]
    notices = [Notice(kind=kind, message=message, count=count) for kind, count, message in found if count]
    return [*notices, *objects_notice(writer.media.untold_objects)]
