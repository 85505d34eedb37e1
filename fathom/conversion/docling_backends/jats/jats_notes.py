"""Assigns a mark to each footnote of an article: the author's if it is a short word, else a number."""

from __future__ import annotations

import re

from fathom.conversion.docling_backends.jats.jats_elements import Element, below, child, text_of

_WORD = re.compile(r"\w{1,6}")
_SIGNS = re.compile(r"[\s().,\[\]]+")


class JatsNoteMarks:
    """The marks of referenced notes by id; each mark stands for a single note.

    `before` holds the marks of an earlier article in the same document, which are not reused.
    """

    def __init__(self, root: Element, before: JatsNoteMarks | None = None) -> None:
        self._notes = {note.get("id") for note in below(root, "fn") if note.get("id")}
        self._labels = {note.get("id"): text_of(child(note, "label")) for note in below(root, "fn") if note.get("id")}
        self._marks: dict[str, str] = {}
        self._used: dict[str, int] = dict(before._used) if before is not None else {}  # mark -> number of requests
        self.number: int = 0 if before is None else before.number
        self.inline: list[tuple[str, Element]] = []  # notes placed where they are referred to

    def is_note(self, rid: str) -> bool:
        """Returns whether the id is a footnote's."""
        return rid in self._notes

    def mark_for(self, rid: str, shown: str) -> str:
        """Returns the mark of the note `rid`; `shown` is the mark displayed in the article."""
        note = rid.split()[0] if rid else ""
        if note not in self._marks:
            self._marks[note] = self._new(self._labels.get(note, "") or shown)
        return self._marks[note]

    def mark_of(self, note: Element) -> str:
        """Returns the mark of a footnote element; empty if neither it nor a reference has a mark."""
        identity, label = note.get("id") or "", text_of(child(note, "label"))
        if identity in self._marks:
            return self._marks[identity]
        if not label:
            return ""
        mark = self._new(label)
        if identity:
            self._marks[identity] = mark
        return mark

    def inline_note(self, note: Element) -> str:
        """Keeps an inline note for the end of its section, and returns its mark as text."""
        mark = self.mark_of(note) or self._new("")
        self.inline.append((mark, note))
        return f"[^{mark}]"

    def _new(self, shown: str) -> str:
        mark = _SIGNS.sub("", shown)
        if not _WORD.fullmatch(mark):
            mark = ""
        if mark in self._used:
            self._used[mark] += 1
            mark = f"{mark}-{self._used[mark]}"
        while not mark or mark in self._used:
            self.number += 1
            mark = str(self.number)
        self._used[mark] = 1
        return mark
