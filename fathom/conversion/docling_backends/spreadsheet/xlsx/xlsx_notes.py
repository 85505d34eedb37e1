"""Reads the notes and threaded comments of a sheet's cells, with their authors."""

from __future__ import annotations

from dataclasses import dataclass

from fathom.conversion.docling_backends.spreadsheet.marks import note
from fathom.conversion.docling_backends.spreadsheet.sheet_elements import below
from fathom.conversion.docling_backends.spreadsheet.xlsx.strings import string_of
from fathom.conversion.docling_backends.spreadsheet.xlsx.workbook import area_of
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage

# Author of the fallback notes that Excel writes for old programs beside each thread.
_THREAD = "tc="


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment of a thread."""

    id: str
    parent: str
    author: str
    text: str
    time: str


def notes_of(package: WorkbookPackage, sheet: str, persons: str | None) -> dict[tuple[int, int], str]:
    """Returns, by row and column, the notes of the sheet's cells as `[note by Ana: text]`."""
    found = dict(_threads(package, sheet, persons))
    for path in package.related(sheet, "comments"):
        root = package.root(path)
        if root is None:
            continue
        authors = ["".join(author.itertext()) for author in below(root, "author")]
        for comment in below(root, "comment"):
            area, index = area_of(comment.get("ref", "")), comment.get("authorId", "")
            author = authors[int(index)] if index.isdigit() and int(index) < len(authors) else ""
            text = " ".join(" ".join(string_of(item) for item in below(comment, "text")).split())
            if area is None or not text or (area.top, area.left) in found:
                continue
            if author.startswith(_THREAD):  # the thread itself is missing
                author, text = "", text.rpartition("Comment: ")[2]
            found[area.top, area.left] = note(author, text)
    return found


def _threads(package: WorkbookPackage, sheet: str, persons: str | None) -> dict[tuple[int, int], str]:
    names: dict[str, str] = {}
    root = package.root(persons) if persons else None
    for person in below(root, "person") if root is not None else ():
        names[person.get("id", "")] = person.get("displayName", "")
    threads: dict[tuple[int, int], list[_Comment]] = {}
    for path in package.related(sheet, "threadedComment"):
        root = package.root(path)
        for element in below(root, "threadedComment") if root is not None else ():
            area = area_of(element.get("ref", ""))
            text = " ".join("".join(part.text or "" for part in below(element, "text")).split())
            if area is None or not text:
                continue
            author = names.get(element.get("personId", ""), "")
            comment = _Comment(element.get("id", ""), element.get("parentId", ""), author, text, element.get("dT", ""))
            threads.setdefault((area.top, area.left), []).append(comment)
    return {place: _thread(comments) for place, comments in threads.items()}


def _thread(comments: list[_Comment]) -> str:
    """Joins a thread: comments in order of time, replies behind their comment."""
    ids = {comment.id for comment in comments if comment.id}
    firsts = [comment for comment in comments if comment.parent not in ids or comment.parent == comment.id]
    parts: list[str] = []
    for first in sorted(firsts, key=lambda comment: comment.time):
        parts.append(note(first.author, first.text))
        replies = [comment for comment in comments if comment.parent == first.id and comment is not first]
        parts += [
            note(reply.author, reply.text).replace("[note", "[reply", 1) for reply in sorted(replies, key=lambda r: r.time)
        ]
    kept = {id(comment) for comment in firsts} | {id(c) for first in firsts for c in comments if c.parent == first.id}
    parts += [note(comment.author, comment.text) for comment in comments if id(comment) not in kept]
    return " ".join(parts)
