"""Reads Markdown files; docling 2.142.1 loses footnotes, task states and HTML blocks, and splits words at formatting."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from docling.backend.abstract_backend import DeclarativeDocumentBackend
from docling.datamodel.backend_options import MarkdownBackendOptions
from docling.datamodel.base_models import InputFormat
from docling_core.types.doc import DocItemLabel, DoclingDocument, DocumentOrigin

from fathom.conversion.docling_backends.markdown.document_builder import MarkdownBuilder
from fathom.conversion.docling_backends.markdown.front_matter import split_front_matter
from fathom.conversion.report import Notice


class MarkdownBackend(DeclarativeDocumentBackend):
    """Reads Markdown in UTF-8 with markdown-it-py.

    Not needed once docling's own backend keeps footnotes, task states, HTML blocks and the blanks of inline groups.
    """

    def __init__(self, in_doc: Any, path_or_stream: BytesIO | Path, options: MarkdownBackendOptions | None = None) -> None:
        super().__init__(in_doc, path_or_stream, options or MarkdownBackendOptions())
        data = path_or_stream.read_bytes() if isinstance(path_or_stream, Path) else path_or_stream.getvalue()
        self.text = data.decode("utf-8", errors="replace").lstrip("\ufeff")
        self.notices: list[Notice] = []

    def is_valid(self) -> bool:
        """Returns whether there is anything to read."""
        return bool(self.text.strip())

    @classmethod
    def supports_pagination(cls) -> bool:
        """Returns False, since Markdown has no pages."""
        return False

    @classmethod
    def supported_formats(cls) -> set[InputFormat]:
        """Returns Markdown only."""
        return {InputFormat.MD}

    def convert(self) -> DoclingDocument:
        """Returns the document: front matter as lines of `key: value`, its title as the title if the text has none."""
        origin = DocumentOrigin(filename=self.file.name or "file", mimetype="text/markdown", binary_hash=self.document_hash)
        document = DoclingDocument(name=self.file.stem or "file", origin=origin)
        matter = split_front_matter(self.text.replace("\r\n", "\n").replace("\r", "\n"))
        builder = MarkdownBuilder(document)
        builder.add(matter.text)
        if matter.lines:
            lines = document.add_text(label=DocItemLabel.TEXT, text="\n".join(matter.lines))
            document.body.children.insert(0, document.body.children.pop())
            has_title = any(text.label == DocItemLabel.TITLE for text in document.texts)
            if matter.title and not has_title:
                document.add_title(matter.title)
                document.body.children.insert(0, document.body.children.pop())
            assert lines.parent is not None
        self.notices = builder.notices
        return document
