"""Finds the chapters of an EPUB in their order, and its title, also where its package breaks the rules.

Docling 2.142.1 fails on packages of other namespaces and finds nothing where the spine is empty; not needed once it reads them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from lxml import etree

CONTAINER = "META-INF/container.xml"
_CHAPTERS = frozenset({
    "application/xhtml+xml", "text/html", "application/html+xml", "text/x-oeb1-document", "image/svg+xml",
    "application/x-dtbook+xml",
})  # fmt: skip
_LISTS_OF_PLACES = ("nav", "toc")


@dataclass(slots=True)
class BookPackage:
    """The archive names of the chapters in reading order, missing chapters included, and the book's title."""

    chapters: list[str] = field(default_factory=list[str])
    title: str = ""


def read_package(names: list[str], read: Callable[[str], bytes]) -> BookPackage:
    """Reads the package of a book; `names` are its archive members, `read` returns a member's bytes.

    Without a spine the chapters are in manifest order, without a package in the order of their names.
    """
    lookup = {name.casefold(): name for name in reversed(names)}
    path = _package_path(names, read, lookup)
    root = _parse(read(path)) if path else None
    if root is None:
        return BookPackage([name for name in sorted(names) if name.lower().endswith((".xhtml", ".html", ".htm"))])
    folder = posixpath.dirname(path)
    items = {item.get("id", ""): item for item in _elements(root, "item") if item.get("href")}
    spine = [items[idref] for ref in _elements(root, "itemref") if (idref := ref.get("idref", "")) in items]
    if not spine:
        spine = [item for item in items.values() if item.get("media-type", "") in _CHAPTERS and not _is_list_of_places(item)]
    title = next((text for element in _elements(root, "title") if (text := " ".join("".join(element.itertext()).split()))), "")
    return BookPackage([_member(folder, item.get("href", ""), lookup) for item in spine], title)


def _package_path(names: list[str], read: Callable[[str], bytes], lookup: dict[str, str]) -> str:
    if (container := lookup.get(CONTAINER.casefold())) is not None and (root := _parse(read(container))) is not None:
        for file in _elements(root, "rootfile"):
            named = lookup.get(unquote(file.get("full-path", "")).lstrip("/").casefold())
            if named is not None:
                return named
    return next((name for name in names if name.lower().endswith(".opf")), "")


def _member(folder: str, href: str, lookup: dict[str, str]) -> str:
    """Returns the archive member for a reference of the package: decoded, as written, or in other capitals."""
    path = href.partition("#")[0]
    found = [posixpath.normpath(posixpath.join(folder, name)) for name in (unquote(path), path)]
    return next((lookup[name.casefold()] for name in found if name.casefold() in lookup), found[0])


def _is_list_of_places(item: etree._Element) -> bool:
    return "nav" in item.get("properties", "").split() or item.get("id", "").lower() in _LISTS_OF_PLACES


def _elements(root: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yields the elements with the local name in any namespace."""
    for element in root.iter(etree.Element):
        if etree.QName(element).localname == name:
            yield element


def _parse(data: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None
