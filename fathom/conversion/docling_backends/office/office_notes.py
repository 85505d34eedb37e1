"""Adds foot- and endnotes, comments and picture descriptions to a document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docling_core.types.doc import ContentLayer, DocItem, DocItemLabel, DoclingDocument, GroupLabel, NodeItem, PictureItem
from docling_core.types.doc.document import DescriptionMetaField, FineRef, PictureMeta

from fathom.conversion.docling_backends.office.pieces import OfficePiece, add_pieces, tidy_pieces
from fathom.conversion.report import Notice

# The sentence that Office appends to generated descriptions.
_GENERATED = re.compile(
    r"\s*(?:(?:Description|Beschreibung) automatically generated(?: with [\w ]+ confidence)?"
    r"|AI-generated content may be incorrect|KI-generierte Inhalte können fehlerhaft sein"
    r"|AI 生成的内容可能不正确)\s*[.。]?\s*$",
    re.I,
)
_FILE_NAME = re.compile(r"(?:\w+:\s*)?\S*\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|webp)", re.I)
_SYMBOLS = "*†‡§"
_MAX_NAMED = 10


class NoteMarks:
    """Assigns unique marks to the notes of a document."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, shown: str) -> str:
        """Returns the displayed mark, with a number appended if a note has this mark already."""
        shown = re.sub(r"[\s\[\]]+", "", shown) or "*"
        mark, again = shown, 2
        while mark in self._taken:
            mark, again = f"{shown}-{again}", again + 1
        self._taken.add(mark)
        return mark


def symbol_mark(number: int) -> str:
    """Returns the mark of the Chicago style: *, †, ‡, §, **, …"""
    return _SYMBOLS[(number - 1) % len(_SYMBOLS)] * ((number - 1) // len(_SYMBOLS) + 1)


def reference(mark: str) -> str:
    """Returns the reference to the note in the text."""
    return f"[^{mark}]"


def add_note(document: DoclingDocument, mark: str, pieces: Sequence[OfficePiece]) -> None:
    """Adds the note at the end of the body, its mark before it."""
    body = tidy_pieces(pieces)
    if body:
        add_pieces(document, tidy_pieces([OfficePiece(f"{reference(mark)}: "), *body]), label=DocItemLabel.FOOTNOTE)


def comment_line(author: str, initials: str, time: str, text: str) -> str:
    """Returns a comment with its author and time before it; empty if nothing was written."""
    if not text.strip():
        return ""
    named = f"author: {author}" + (f" ({initials})" if initials and author else "") if author else ""
    before = ", ".join(filter(None, (named, f"time: {time}" if time else "")))
    return f"[{before}]: {text.strip()}" if before else text.strip()


def add_comments(
    document: DoclingDocument, comments: Sequence[str], *, name: str, parent: NodeItem | None, target: NodeItem | None = None
) -> None:
    """Adds a thread of comments, replies behind their comment, as the last child of `parent`; `target` refers to it."""
    kept = [comment for comment in comments if comment]
    if not kept:
        return
    group = document.add_group(label=GroupLabel.COMMENT_SECTION, name=name, parent=parent, content_layer=ContentLayer.NOTES)
    for comment in kept:
        document.add_comment(text=comment, parent=group)
    if isinstance(target, DocItem):
        target.comments.append(FineRef(cref=group.self_ref))


def objects_notice(names: Sequence[str], where: str | None = None) -> list[Notice]:
    """Returns a notice that names the omitted objects of other programs, such as `Excel.Sheet.12`."""
    if not names:
        return []
    known = list(dict.fromkeys(filter(None, names)))[:_MAX_NAMED]
    message = "Embedded objects are shown as their pictures only" + (f": {', '.join(known)}." if known else ".")
    return [Notice(kind="object_not_taken", message=message, count=len(names), where=where)]


def alternative_text(title: str | None, description: str | None) -> str:
    """Returns the author's description of a picture; empty if there is none or it is a file name."""
    parts: list[str] = []
    for text in (title, description):
        text = _GENERATED.sub("", " ".join((text or "").split()))
        if text and not _FILE_NAME.fullmatch(text) and text not in parts:
            parts.append(text)
    return ": ".join(parts)


def describe(picture: PictureItem, text: str) -> None:
    """Appends the description to that of the picture; an empty text adds nothing."""
    if not text:
        return
    meta = picture.meta or PictureMeta()
    existing = "" if meta.description is None else meta.description.text
    meta.description = DescriptionMetaField(text=f"{existing}; {text}" if existing else text)
    picture.meta = meta
