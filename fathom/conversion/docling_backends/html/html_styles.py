"""Reads the CSS properties that change a text's meaning: hidden, block, struck through, superscript, subscript."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from lxml import etree

from fathom.conversion.docling_backends.markup.markup_inline import InlineStyle

MAX_STYLE_SHEET = 300_000
MAX_RULES = 50  # rules for a class or id
MAX_SELECTORS = 500  # of a rule
MAX_COMPOUNDS = 8
MAX_LOOKED_UP = 2_000_000  # ancestors examined for a page
MAX_DECLARATIONS = 4000  # characters

_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_COMPOUND = re.compile(r"([a-z][a-z0-9]*|\*)?((?:[.#]-?[a-z_][\w-]*)*)", re.I)
_NAME = re.compile(r"[.#][\w-]+")
_BLOCK_DISPLAYS = frozenset({"block", "flex", "grid", "table", "list-item", "table-row", "table-cell", "flow-root"})


@lru_cache(maxsize=4096)
def declarations(style: str) -> Mapping[str, str]:
    """Returns the properties of a style attribute with their values, all in lower case."""
    found: dict[str, str] = {}
    for declaration in style[:MAX_DECLARATIONS].lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def hides(style: str) -> bool:
    """Returns whether the style attribute hides its element."""
    found = declarations(style)
    return found.get("display") == "none" or found.get("visibility") in ("hidden", "collapse") or found.get("mso-hide") == "all"


def is_block(style: str) -> bool:
    """Returns whether the style attribute makes the element a block."""
    return declarations(style).get("display") in _BLOCK_DISPLAYS


def keeps_line_ends(style: str) -> bool:
    """Returns whether line ends within the element are shown."""
    return declarations(style).get("white-space", "").startswith("pre")


def apply_style(style: InlineStyle, attribute: str) -> InlineStyle:
    """Returns the style, changed by the style attribute."""
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
    """Matches elements hidden by the page's own style sheets, by their names, ids, classes and ancestors.

    Rules for specific media and other selectors are ignored.
    """

    def __init__(self, root: etree._Element) -> None:
        self._rules: dict[str, list[tuple[list[_Compound], bool]]] = {}
        self._looked_up = 0
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
        self._rules = {key: rules for key, rules in self._rules.items() if not all(shown for _, shown in rules)}

    def _take(self, selectors: str, body: str) -> None:
        display = declarations(body).get("display")  # initially invisible content is often shown by scripts
        if display is None:
            return
        shown = display != "none"
        for selector in selectors.split(",", MAX_SELECTORS)[:MAX_SELECTORS]:
            compounds = _compounds(selector.strip())
            if compounds and len(rules := self._rules.setdefault(compounds[-1].key, [])) < MAX_RULES:
                rules.append((compounds, shown))

    def hides(self, element: etree._Element) -> bool:
        """Returns whether a rule hides the element and no rule shows it."""
        if not self._rules:
            return False
        keys = [f".{name}" for name in (element.get("class") or "").split()]
        keys += [f"#{name}"] if (name := element.get("id")) else []
        matches = [shown for key in keys for compounds, shown in self._rules.get(key, ()) if self._selects(compounds, element)]
        return bool(matches) and not any(matches)

    def _selects(self, compounds: Sequence[_Compound], element: etree._Element) -> bool:
        """Returns whether the selector matches: the last compound the element, the others its ancestors."""
        if not compounds[-1].is_met(element):
            return False
        above: etree._Element | None = element
        for compound in reversed(compounds[:-1]):
            above = above.getparent() if above is not None else None
            while above is not None and not compound.is_met(above):
                self._looked_up += 1
                above = None if compound.is_parent or self._looked_up > MAX_LOOKED_UP else above.getparent()
            if above is None:
                return False
        return True


@dataclass(frozen=True, slots=True)
class _Compound:
    """A compound selector; `is_parent`: its element is the parent of the next compound's element."""

    tag: str
    ids: frozenset[str]
    classes: frozenset[str]
    key: str
    is_parent: bool = False

    def is_met(self, element: etree._Element) -> bool:
        """Returns whether the element matches the compound."""
        return (
            self.tag in ("", element.tag)
            and self.ids <= {element.get("id")}
            and (not self.classes or self.classes <= set((element.get("class") or "").split()))
        )


def _compounds(selector: str) -> list[_Compound]:
    """Returns the compounds of a selector whose last has a class or an id; nothing for a selector of any other kind."""
    found: list[_Compound] = []
    for word in selector.replace(">", " > ").split():
        if word == ">":
            if not found:
                return []
            found[-1] = replace(found[-1], is_parent=True)
            continue
        matched = _COMPOUND.fullmatch(word)
        if matched is None or len(found) >= MAX_COMPOUNDS:
            return []
        names = _NAME.findall(matched[2])
        ids = frozenset(name[1:] for name in names if name[0] == "#")
        classes = frozenset(name[1:] for name in names if name[0] == ".")
        key = next(iter(sorted(names, key=lambda name: name[0] != "#")), "")
        found.append(_Compound((matched[1] or "").lower().strip("*"), ids, classes, key))
    return found if found and found[-1].key else []


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Yields (selectors, declarations) of the top-level rules."""
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
