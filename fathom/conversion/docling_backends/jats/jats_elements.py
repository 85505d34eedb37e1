"""Groups the names of JATS elements by function, and provides queries on elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Element = Any  # lxml's elements have no types

XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

# Elements within a paragraph that are blocks of their own.
BLOCKS = frozenset(
    """
    ack address alternatives answer answer-set app app-group array boxed-text chem-struct-wrap citation code def-list
    disp-formula disp-formula-group disp-quote element-citation fig fig-group fn-group glossary graphic list media
    mixed-citation nlm-citation notes p preformat question question-wrap question-wrap-group ref-list sec speech statement
    supplementary-material table table-wrap table-wrap-group verse-group
    """.split()  # noqa: SIM905
)
# Data for machines, or another rendition of the element beside it.
UNSEEN = frozenset(
    """
    abbrev-journal-title alt-text alt-title annotation annotation-xml article-id col colgroup contrib-id counts
    custom-meta-group free_to_read index-term index-term-range-end institution-id journal-id license_ref long-desc milestone-end
    milestone-start object-id processing-meta self-uri target
    """.split()  # noqa: SIM905
)


def name_of(element: Element) -> str:
    """Returns the element's name without its namespace; empty for comments, instructions and entities."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element | None, *names: str) -> Iterator[Element]:
    """Yields the child elements with any of the names; all if none are given."""
    for child in element if element is not None else ():
        name = name_of(child)
        if name and (not names or name in names):
            yield child


def child(element: Element | None, *names: str) -> Element | None:
    """Returns the first child with any of the names, or None."""
    return next(children(element, *names), None)


def below(element: Element | None, name: str) -> Iterator[Element]:
    """Yields the elements of the name below the element, in order."""
    if element is not None:
        yield from (found for found in element.iterdescendants() if name_of(found) == name)


def text_of(element: Element | None) -> str:
    """Returns all text of the element, white space collapsed."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
