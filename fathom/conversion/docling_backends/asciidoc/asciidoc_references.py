"""Resolves cross-references: the titles of sections and blocks by their ids."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fathom.conversion.docling_backends.asciidoc.attributes import Attributes

_ID = re.compile(
    r"^\[\[([\w:][\w:.-]*)(?:,\s*([^\]]+))?\]\]$|^\[(?:[^\]\[#]*)#([\w:.-]+)[^\]]*\]$|^\[.*\bid=[\"']?([\w:.-]+).*\]$"
)
_REFTEXT = re.compile(r"reftext=[\"']([^\"']+)[\"']")
_HEADING = re.compile(r"^(?:={1,6}|#{1,6})[ \t]+(\S.*)$")
_BLOCK_TITLE = re.compile(r"^\.([^\s.].*)$")
_INLINE_ID = re.compile(r"\[\[([\w:][\w:.-]*)(?:,\s*([^\]]+))?\]\]")
_NOT_IN_ID = re.compile(r"<[^>]*>|&[^;\s]*;|[^\w\s.-]")


class References:
    """The titles of a text by id."""

    def __init__(self, lines: Sequence[str], attributes: Attributes) -> None:
        self._titles: dict[str, str] = {}
        waiting: list[str] = []
        for line in lines:
            if not line:
                continue
            if (found := _ID.match(line)) is not None:
                identity = found[1] or found[3] or found[4]
                text = found[2] or (match[1] if (match := _REFTEXT.search(line)) else "")
                if text:
                    self._titles[identity] = text
                else:
                    waiting.append(identity)
                continue
            attributes.take(line)
            heading = _HEADING.match(line)
            title = heading or _BLOCK_TITLE.match(line)
            for inline in _INLINE_ID.finditer(line):
                shown = inline[2] or (_INLINE_ID.sub("", heading[1]).strip() if heading else "")
                if shown:
                    self._titles[inline[1]] = shown
            if title is not None:
                shown = attributes.put_in(_INLINE_ID.sub("", title[1]).strip())
                for identity in waiting:
                    self._titles.setdefault(identity, shown)
                waiting.clear()
                if heading is not None:
                    self._titles.setdefault(_own_id(shown, attributes), shown)
                    self._titles.setdefault(shown, shown)
            elif not line.startswith("["):
                waiting.clear()

    def text_of(self, target: str) -> str:
        """Returns the text for a reference that has none: the target's title, else its name in brackets."""
        name = target.strip().removeprefix("#")
        if name in self._titles:
            return self._titles[name]
        fragment = name.partition("#")[2] or name
        return self._titles.get(fragment, f"[{fragment.removesuffix('.adoc')}]")


def _own_id(title: str, attributes: Attributes) -> str:
    """Returns the id generated from a section's title."""
    prefix = attributes.get("idprefix") if "idprefix" in attributes else "_"
    separator = attributes.get("idseparator") if "idseparator" in attributes else "_"
    words = re.sub(r"[\s.-]+", separator[:1] or "", _NOT_IN_ID.sub("", title.casefold()))
    return prefix + words.strip(separator or None)
