"""Removes text that the final version of a document does not show: deleted, moved and hidden text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fathom.conversion.docling_backends.office.office_notes import objects_notice
from fathom.conversion.docling_backends.word.word_markup import (
    CELL,
    PARAGRAPH_PROPERTIES,
    ROW,
    RUN,
    RUN_PROPERTIES,
    TABLE,
    TEXT,
    VAL,
    P,
    W,
    is_on,
    remove,
    value_of,
)
from fathom.conversion.report import Notice

_MARKS = frozenset({RUN_PROPERTIES, f"{W}trPr", f"{W}tcPr", f"{W}numPr", f"{W}sectPr"})
_MAX_STYLE_DEPTH = 10
_OBJECT = "{urn:schemas-microsoft-com:office:office}OLEObject"


@dataclass
class OmissionCounts:
    """Counts omitted passages and rows."""

    deleted: int = 0
    hidden: int = 0
    hidden_rows: int = 0


def accept_revisions(root: Any, left_out: OmissionCounts) -> None:
    """Removes tracked deletions and the sources of moves; paragraphs whose mark is deleted are joined."""
    for tag in ("del", "moveFrom"):
        for passage in list(root.iter(f"{W}{tag}")):
            parent = passage.getparent()
            if parent is None or parent.tag in _MARKS:
                continue
            if tag == "del" and any((text.text or "").strip() for text in passage.iter(f"{W}delText", TEXT)):
                left_out.deleted += 1
            remove(passage)
    for row in list(root.iter(ROW)):
        if row.find(f"{W}trPr/{W}del") is not None:
            left_out.deleted += 1
            _remove_row(row)
    for cell in list(root.iter(CELL)):
        if cell.find(f"{W}tcPr/{W}cellDel") is not None:
            left_out.deleted += 1
            row = cell.getparent()
            remove(cell)
            if row is not None and row.tag == ROW and row.find(CELL) is None:
                _remove_row(row)
    for paragraph in reversed(list(root.iter(P))):  # from the end, so that each text is moved once
        mark = paragraph.find(f"{PARAGRAPH_PROPERTIES}/{RUN_PROPERTIES}")
        if mark is not None and (mark.find(f"{W}del") is not None or mark.find(f"{W}moveFrom") is not None):
            _join_next(paragraph)


def _join_next(paragraph: Any) -> None:
    """Moves the paragraph's content to the start of the next paragraph; without a next, an empty paragraph is removed."""
    content = [child for child in paragraph if child.tag != PARAGRAPH_PROPERTIES]
    follower = paragraph.getnext()
    while follower is not None and follower.tag not in (P, TABLE):
        follower = follower.getnext()
    if follower is not None and follower.tag == P:
        properties = follower.find(PARAGRAPH_PROPERTIES)
        at = 0 if properties is None else follower.index(properties) + 1
        follower[at:at] = content
        remove(paragraph)
    elif not any(True for _ in paragraph.iter(RUN)) and (
        paragraph.getnext() is not None or paragraph.getprevious() is not None
    ):
        remove(paragraph)


class HiddenStyles:
    """Determines which styles hide their text, directly or through a base style."""

    def __init__(self, styles: Any | None) -> None:
        self._own: dict[str, bool | None] = {}
        self._based: dict[str, str | None] = {}
        for style in styles.iterfind(f"{W}style") if styles is not None else ():
            key = style.get(f"{W}styleId", "")
            self._own[key] = is_on(style.find(f"{RUN_PROPERTIES}/{W}vanish"))
            self._based[key] = value_of(style, f"{W}basedOn")
        self.any = any(self._own.values())

    def hides(self, style: str | None) -> bool | None:
        """Returns whether the style hides text; None if it does not say."""
        for _ in range(_MAX_STYLE_DEPTH):
            if style is None:
                return None
            own = self._own.get(style)
            if own is not None:
                return own
            style = self._based.get(style)
        return None


def drop_hidden(root: Any, styles: HiddenStyles, left_out: OmissionCounts) -> None:
    """Removes hidden rows, and runs hidden directly or by their style."""
    for row in list(root.iter(ROW)):
        if is_on(row.find(f"{W}trPr/{W}hidden")):
            left_out.hidden_rows += 1
            _remove_row(row)
    emptied: dict[Any, None] = {}
    ended: tuple[Any, Any] | None = None  # position of the last hidden passage: its parent and the element before it
    for run in list(root.iter(RUN)):
        paragraph = next(run.iterancestors(P), None)
        if not _is_hidden(run, paragraph, styles):
            continue
        place = (run.getparent(), run.getprevious())
        if any((text.text or "").strip() for text in run.iter(TEXT)):
            left_out.hidden += place != ended
            ended = place
        if paragraph is not None:
            emptied[paragraph] = None
        remove(run)
    for paragraph in emptied:
        mark = is_on(paragraph.find(f"{PARAGRAPH_PROPERTIES}/{RUN_PROPERTIES}/{W}vanish"))
        if mark and next(paragraph.iter(RUN), None) is None and paragraph.getnext() is not None:
            remove(paragraph)


def _is_hidden(run: Any, paragraph: Any | None, styles: HiddenStyles) -> bool:
    properties = run.find(RUN_PROPERTIES)
    if properties is not None:
        own = is_on(properties.find(f"{W}vanish"))
        if own is not None:
            return own
    if not styles.any:
        return False
    if properties is not None:
        by_style = styles.hides(value_of(properties, f"{W}rStyle"))
        if by_style is not None:
            return by_style
    if paragraph is None:
        return False
    named = paragraph.find(f"{PARAGRAPH_PROPERTIES}/{W}pStyle")
    return bool(styles.hides(named.get(VAL))) if named is not None else False


def _remove_row(row: Any) -> None:
    table = row.getparent()
    remove(row)
    if table is not None and table.tag == TABLE and table.find(ROW) is None:
        remove(table)


def notices_of(left_out: OmissionCounts, document: Any) -> list[Notice]:
    """Returns notices of content omitted from the document."""
    objects = [found.get("ProgID", "") for found in document.iter(_OBJECT) if found.get("Type", "Embed") == "Embed"]
    linked = sum(1 for _ in document.iter(f"{W}subDoc"))
    found = [
        ("deleted_text", left_out.deleted, "Text that is marked as deleted was left out."),
        ("hidden_text", left_out.hidden, "Hidden text was left out."),
        ("hidden_rows", left_out.hidden_rows, "Hidden rows of tables were left out."),
        ("part_not_taken", linked, "Documents that are linked as parts of this one were not taken."),
    ]
    notices = [Notice(kind=kind, message=message, count=count) for kind, count, message in found if count]
    return [*notices, *objects_notice(objects)]
