"""Finds the comments of a Word document, with replies behind their comment.

Docling 2.142.1 puts comments at the end, replies separately; not needed once it threads them and keeps them in place.
"""

from __future__ import annotations

from typing import Any

from fathom.conversion.docling_backends.office.office_notes import comment_line
from fathom.conversion.docling_backends.word.flattening import flatten
from fathom.conversion.docling_backends.word.word_markup import P, W, shown_text, tree_of

_COMMENTS = "/comments"
_EXTENDED = "/commentsExtended"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"


class WordComments:
    """The comments of a document by thread; each thread is returned once."""

    def __init__(self, part: Any) -> None:
        self._lines: dict[str, str] = {}
        self._threads: dict[str, list[str]] = {}
        root = _root(part, _COMMENTS)
        if root is None:
            return
        flatten(root)
        by_paragraph: dict[str, str] = {}
        for comment in root.iterfind(f"{W}comment"):
            key = comment.get(f"{W}id", "")
            self._lines[key] = _line(comment)
            for paragraph in comment.iter(P):
                by_paragraph[paragraph.get(f"{_W14}paraId", "")] = key
        parents = self._parents(_root(part, _EXTENDED), by_paragraph)
        for key in self._lines:
            self._threads.setdefault(_first(key, parents), []).append(key)
        for first, keys in self._threads.items():
            keys.sort(key=lambda key: key != first)

    def take(self, ids: list[str]) -> list[tuple[str, list[str]]]:
        """Returns (name, lines) of the threads that begin with any of the ids and were not taken before."""
        found = []
        for key in ids:
            thread = self._threads.pop(key, None)
            if thread is not None:
                found.append((f"comment-{key}", [self._lines[identity] for identity in thread]))
        return found

    def rest(self) -> list[tuple[str, list[str]]]:
        """Returns the threads not taken, whose anchor in the text is gone."""
        return self.take(list(self._threads))

    @staticmethod
    def _parents(extended: Any | None, by_paragraph: dict[str, str]) -> dict[str, str]:
        parents: dict[str, str] = {}
        for entry in extended.iterfind(f"{_W15}commentEx") if extended is not None else ():
            child = by_paragraph.get(entry.get(f"{_W15}paraId", ""))
            parent = by_paragraph.get(entry.get(f"{_W15}paraIdParent", "-"))
            if child is not None and parent is not None and child != parent:
                parents[child] = parent
        return parents


def comment_ids(paragraph: Any) -> list[str]:
    """Returns the ids of the comments that end in the paragraph, in order."""
    marks = paragraph.iter(f"{W}commentReference", f"{W}commentRangeEnd")
    return list(dict.fromkeys(mark.get(f"{W}id", "") for mark in marks))


def _first(key: str, parents: dict[str, str]) -> str:
    """Returns the first comment of the thread; in a cycle, the comment itself."""
    seen = {key}
    at = key
    while at in parents:
        at = parents[at]
        if at in seen:
            return key
        seen.add(at)
    return at


def _line(comment: Any) -> str:
    text = "\n".join(filter(None, (" ".join(shown_text(paragraph).split()) for paragraph in comment.iter(P))))
    author, initials, time = (comment.get(f"{W}{name}", "") for name in ("author", "initials", "date"))
    return comment_line(author, initials, time, text)


def _root(part: Any, ending: str) -> Any | None:
    for relation in part.rels.values():
        if not relation.is_external and relation.reltype.endswith(ending):
            return tree_of(relation.target_part)
    return None
