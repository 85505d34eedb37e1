"""Looks up the styles of an OpenDocument file: text formats, names of paragraph styles, hidden content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docling_core.types.doc.document import Formatting, Script

from fathom.conversion.docling_backends.opendocument.opendocument_markup import FO, OFFICE, STYLE, TEXT

MAX_DEPTH = 20
_TEXT_PROPERTIES = f"{STYLE}text-properties"
_BOLD = frozenset({"bold", "600", "700", "800", "900"})


class Styles:
    """The styles of a file by family and name; `content` and `common` are the roots of content.xml and styles.xml."""

    def __init__(self, content: Any, common: Any | None) -> None:
        self._styles: dict[tuple[str, str], Any] = {}
        self._automatic: set[tuple[str, str]] = set()
        self._lists: dict[str, Any] = {}
        self._hidden: dict[tuple[str, str], bool] = {}
        self.outline: Any | None = None
        self._read(content.find(f"{OFFICE}automatic-styles"), automatic=True)
        if common is not None:
            self._read(common.find(f"{OFFICE}styles"), automatic=False)

    def _read(self, container: Any | None, *, automatic: bool) -> None:
        for style in container if container is not None else ():
            name = style.get(f"{STYLE}name")
            if style.tag == f"{TEXT}list-style" and name:
                self._lists.setdefault(name, style)
            elif style.tag == f"{TEXT}outline-style":
                self.outline = style
            elif style.tag == f"{STYLE}style" and name:
                key = (style.get(f"{STYLE}family", ""), name)
                self._styles.setdefault(key, style)
                if automatic:
                    self._automatic.add(key)

    def chain(self, family: str, name: str | None) -> Iterator[tuple[str, Any]]:
        """Yields (name, style) of the style and its ancestors."""
        for _ in range(MAX_DEPTH):
            style = self._styles.get((family, name or ""))
            if style is None:
                return
            yield name or "", style
            name = style.get(f"{STYLE}parent-style-name")

    def names(self, name: str | None) -> frozenset[str]:
        """Returns the names of a paragraph's style and its ancestors."""
        found = {name or ""}
        for style_name, style in self.chain("paragraph", name):
            found.update((style_name, style.get(f"{STYLE}display-name", ""), style.get(f"{STYLE}parent-style-name", "")))
        return frozenset(found)

    def list_style(self, name: str | None) -> Any | None:
        """Returns the list style of this name."""
        return self._lists.get(name or "")

    def list_style_of_paragraph(self, name: str | None) -> str | None:
        """Returns the name of a paragraph style's list style."""
        for _, style in self.chain("paragraph", name):
            found: str | None = style.get(f"{STYLE}list-style-name")
            if found is not None:
                return found
        return None

    def text_format(self, name: str | None, base: Formatting | None) -> Formatting | None:
        """Returns the format of a span in text of the format `base`."""
        made = base.model_copy() if base is not None else Formatting()
        for _, style in reversed(list(self.chain("text", name))):
            _apply(style.find(_TEXT_PROPERTIES), made)
        return None if made == Formatting() else made

    def paragraph_format(self, name: str | None) -> Formatting | None:
        """Returns the direct formatting of a whole paragraph, which the file stores as an automatic style."""
        style = self._styles.get(("paragraph", name or ""))
        if style is None or ("paragraph", name or "") not in self._automatic:
            return None
        made = Formatting()
        _apply(style.find(_TEXT_PROPERTIES), made)
        return None if made == Formatting() else made

    def hides(self, family: str, name: str | None) -> bool:
        """Returns whether the style hides text."""
        key = (family, name or "")
        if key not in self._hidden:
            found = False
            for _, style in self.chain(family, name):
                properties = style.find(_TEXT_PROPERTIES)
                display = properties.get(f"{TEXT}display") if properties is not None else None
                if display is not None:
                    found = display == "none"
                    break
            self._hidden[key] = found
        return self._hidden[key]

    def properties(self, family: str, name: str | None, kind: str) -> Any | None:
        """Returns the first properties of this kind in the chain of the style, such as `drawing-page`."""
        for _, style in self.chain(family, name):
            found = style.find(f"{STYLE}{kind}-properties")
            if found is not None:
                return found
        return None


def _apply(properties: Any | None, made: Formatting) -> None:
    if properties is None:
        return
    weight, posture = properties.get(f"{FO}font-weight"), properties.get(f"{FO}font-style")
    if weight is not None:
        made.bold = weight in _BOLD
    if posture is not None:
        made.italic = posture in ("italic", "oblique")
    underline = properties.get(f"{STYLE}text-underline-style")
    if underline is not None:
        made.underline = underline != "none"
    struck = properties.get(f"{STYLE}text-line-through-style") or properties.get(f"{STYLE}text-line-through-type")
    if struck is not None:
        made.strikethrough = struck != "none"
    position = properties.get(f"{STYLE}text-position")
    if position is not None:
        made.script = _script(position)


def _script(position: str) -> Script:
    """Returns the script of a text position such as `super 58%` or `-33% 58%`."""
    offset = position.split()[0] if position.split() else ""
    if offset == "super":
        return Script.SUPER
    if offset == "sub":
        return Script.SUB
    try:
        height = float(offset.rstrip("%"))
    except ValueError:
        return Script.BASELINE
    return Script.SUPER if height > 0 else Script.SUB if height < 0 else Script.BASELINE
