"""Reads the comments of a slide, legacy and threaded, with replies behind their comment.

Docling 2.142.1 reads only legacy comments and puts them at the end of the document; not needed once it reads
`modernComment` parts and keeps both at their slide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from fathom.conversion.docling_backends.office.office_notes import comment_line
from fathom.conversion.docling_backends.presentation.slide_markup import A, P

_MODERN = "{http://schemas.microsoft.com/office/powerpoint/2018/8/main}"
_P15 = "{http://schemas.microsoft.com/office/powerpoint/2012/main}"
_PARSER = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
Authors = dict[str, tuple[str, str]]


def authors_of(part: Any) -> Authors:
    """Returns (name, initials) of the authors of comments, by id."""
    found: Authors = {}
    for root in _roots(part, ("/commentAuthors", "/authors")):
        for author in root:
            if isinstance(author.tag, str):
                found[author.get("id", "")] = (author.get("name", ""), author.get("initials", ""))
    return found


def threads_of(part: Any, authors: Authors) -> list[list[str]]:
    """Returns the comments of a slide part as threads of lines."""
    found: list[list[str]] = []
    for root in _roots(part, ("/comments",)):
        found += _modern(root, authors) if root.tag.startswith(_MODERN) else _older(root, authors)
    return found


def _modern(root: Any, authors: Authors) -> Iterator[list[str]]:
    for comment in root.iterfind(f"{_MODERN}cm"):
        replies = comment.iterfind(f"{_MODERN}replyLst/{_MODERN}reply")
        yield [_line(entry, authors, "created", _body(entry)) for entry in (comment, *replies)]


def _older(root: Any, authors: Authors) -> list[list[str]]:
    threads: dict[tuple[str, str], list[str]] = {}
    for comment in root.iterfind(f"{P}cm"):
        key = (comment.get("authorId", ""), comment.get("idx", ""))
        parent = next(comment.iter(f"{_P15}parentCm"), None)
        above = (parent.get("authorId", ""), parent.get("idx", "")) if parent is not None else key
        text = comment.findtext(f"{P}text") or ""
        thread = threads.get(above)
        if thread is None:
            thread = threads.setdefault(key, [])
        threads[key] = thread  # a reply to a reply belongs to the same thread
        thread.append(_line(comment, authors, "dt", text))
    return list({id(thread): thread for thread in threads.values()}.values())


def _body(comment: Any) -> str:
    body = comment.find(f"{_MODERN}txBody")
    paragraphs = [] if body is None else list(body.iter(f"{A}p"))
    return "\n".join("".join(text.text or "" for text in paragraph.iter(f"{A}t")) for paragraph in paragraphs)


def _line(comment: Any, authors: Authors, time: str, text: str) -> str:
    name, initials = authors.get(comment.get("authorId", ""), ("", ""))
    return comment_line(name, initials, comment.get(time, ""), text)


def _roots(part: Any, endings: tuple[str, ...]) -> Iterator[Any]:
    for relation in part.rels.values():
        if relation.is_external or not relation.reltype.endswith(endings):
            continue
        try:
            yield etree.fromstring(relation.target_part.blob, _PARSER)
        except etree.XMLSyntaxError:
            continue
