"""Finds XML elements by local name, so that all variants of a format are read alike."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree


def local_name(element: etree._Element) -> str:
    """Returns the element's name without its namespace; empty for comments and instructions."""
    tag = element.tag
    return tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""


def below(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Yields the elements of these names under the element, in order."""
    yield from element.iter(*(f"{{*}}{name}" for name in names))
