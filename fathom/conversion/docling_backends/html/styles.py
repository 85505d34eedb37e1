"""Reads the little of CSS that decides what text says: whether it is shown, a block, struck, raised or lowered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from lxml import etree

from fathom.conversion.docling_backends.markup.inline import Style

MAX_STYLE_SHEET = 300_000
MAX_DECLARATIONS = 4000  # characters

_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?([.#])(-?[a-z_][\w-]*)\Z", re.I)
_BLOCK_DISPLAYS = frozenset({"block", "flex", "grid", "table", "list-item", "table-row", "table-cell", "flow-root"})


@lru_cache(maxsize=4096)
def declarations(style: str) -> Mapping[str, str]:
    """Returns the properties of a style attribute with their values, all in small letters."""
    found: dict[str, str] = {}
    for declaration in style[:MAX_DECLARATIONS].lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def hides(style: str) -> bool:
    """Tells whether an element of this style attribute is not shown."""
    found = declarations(style)
    return found.get("display") == "none" or found.get("visibility") in ("hidden", "collapse") or found.get("mso-hide") == "all"


def is_block(style: str) -> bool:
    """Tells whether the style attribute makes the element a block."""
    return declarations(style).get("display") in _BLOCK_DISPLAYS


def keeps_line_ends(style: str) -> bool:
    """Tells whether line ends within the element are shown."""
    return declarations(style).get("white-space", "").startswith("pre")


def styled(style: Style, attribute: str) -> Style:
    """Returns the style as the style attribute changes it."""
    found = declarations(attribute)
    changes: dict[str, Any] = {}
    weight = found.get("font-weight", "")
    if weight:
        changes["bold"] = weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 600)
    if "font-style" in found:
        changes["italic"] = found["font-style"] in ("italic", "oblique")
    if "line-through" in found.get("text-decoration", "") + found.get("text-decoration-line", ""):
        changes["struck"] = True
    if found.get("vertical-align") in ("super", "sub"):
        changes["script"] = found["vertical-align"]
    return replace(style, **changes) if changes else style


class StyleSheet:
    """Says which classes and ids the page's own style sheets do not show. Rules for some media only are passed over."""

    def __init__(self, root: etree._Element) -> None:
        self._shown: dict[tuple[str, str, str], bool] = {}
        left = MAX_STYLE_SHEET
        for element in root.iter("style"):
            media = (element.get("media") or "all").lower()
            text = element.text or ""
            left -= len(text)
            if left < 0:
                break
            if "all" in media or "screen" in media:
                for selectors, body in _rules(_COMMENT.sub("", text)):
                    self._take(selectors, body)
        self._hides_some = not all(self._shown.values())

    def _take(self, selectors: str, body: str) -> None:
        display = declarations(body).get("display")
        if display is None:
            return
        for selector in selectors.split(","):
            if found := _SELECTOR.match(selector.strip()):
                self._shown[((found[1] or "").lower(), found[2], found[3])] = display != "none"

    def hides(self, element: etree._Element) -> bool:
        """Tells whether a rule for its class or id hides the element, and none shows it."""
        if not self._hides_some:
            return False
        tag = element.tag
        names = [("#", element.get("id") or ""), *((".", name) for name in (element.get("class") or "").split())]
        said = [shown for sign, name in names for key in ("", tag) if (shown := self._shown.get((key, sign, name))) is not None]
        return bool(said) and not any(said)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Yields (selectors, declarations) of the rules that stand in no other."""
    depth, before = 0, ""
    for piece in re.findall(r"[{}]|[^{}]+", sheet):
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth = max(0, depth - 1)
            before = ""
        elif depth == 0:
            before = piece.rpartition(";")[2].strip()
        elif depth == 1 and before and not before.startswith("@"):
            yield before, piece
