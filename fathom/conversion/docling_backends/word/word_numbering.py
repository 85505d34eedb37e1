"""Computes the number that Word shows before each paragraph, with formats, starts, restarts and continued lists.

Docling 2.142.1 counts by `w:numId` and writes "1.2." for any level text; not needed once it counts by abstract list
with the overrides of each instance, and writes `w:lvlText`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from fathom.conversion.docling_backends.office.symbols import symbol_text
from fathom.conversion.docling_backends.office.whole_numbers import whole_number
from fathom.conversion.docling_backends.word.number_formats import format_counter
from fathom.conversion.docling_backends.word.word_markup import PARAGRAPH_PROPERTIES, RUN_PROPERTIES, VAL, P, W, is_on, value_of

LEVELS = 9
_PLACE = re.compile(r"%(\d)")
_MAX_DEPTH = 10
_BOXES = ("☐", "☑", "☒")
_HIDDEN = frozenset({"none", "bullet"})


@dataclass
class _Level:
    """A level of an abstract list."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    restart: int | None = None
    legal: bool = False
    box: str = ""  # a bullet that is a check box, ticked or not
    style: str | None = None


@dataclass
class _AbstractList:
    """Levels by number, and the counters shared by all lists made from them."""

    levels: dict[int, _Level] = field(default_factory=dict[int, _Level])
    style_link: str | None = None
    counters: list[int | None] = field(default_factory=lambda: [None] * LEVELS)


@dataclass
class _Instance:
    """A `w:num`: its abstract list, overridden levels, and start overrides applied at first use."""

    abstract: str
    starts: dict[int, int] = field(default_factory=dict[int, int])
    levels: dict[int, _Level] = field(default_factory=dict[int, _Level])
    started: set[int] = field(default_factory=set[int])


class Numbering:
    """The lists of a document; `number` must be called once for every paragraph, in document order."""

    def __init__(self, numbering: Any | None, styles: Any | None) -> None:
        self._abstract: dict[str, _AbstractList] = {}
        self._instances: dict[str, _Instance] = {}
        self._styles: dict[str, Any] = {}
        self._labels: dict[Any, str] = {}
        self._by_style: dict[str, tuple[str | None, str | None]] = {}
        for style in styles.iterfind(f"{W}style") if styles is not None else ():
            self._styles[style.get(f"{W}styleId", "")] = style
        if numbering is not None:
            self._read(numbering)

    def number_all(self, root: Any) -> None:
        """Numbers every paragraph below the root."""
        for paragraph in root.iter(P):
            place = self.place_of(paragraph)
            if place is not None:
                self._labels[paragraph] = self._count(*place)

    def label_of(self, paragraph: Any) -> str:
        """Returns the number shown before the paragraph; empty for bullets and paragraphs outside of lists."""
        return self._labels.get(paragraph, "")

    def box_of(self, paragraph: Any) -> str:
        """Returns the check box that is the paragraph's bullet; empty for other bullets or none."""
        place = self.place_of(paragraph)
        instance = self._instances.get(place[0]) if place is not None else None
        abstract = self._abstract_of(instance) if instance is not None else None
        if place is None or instance is None or abstract is None:
            return ""
        return instance.levels.get(place[1], abstract.levels.get(place[1], _Level())).box

    def place_of(self, paragraph: Any) -> tuple[str, int] | None:
        """Returns (list, level from 0) of the paragraph, set directly or by its style; None if it is in no list."""
        number, level = _numbered(paragraph)
        style = value_of(paragraph, f"{PARAGRAPH_PROPERTIES}/{W}pStyle")
        if style is not None and (number is None or level is None):
            of_style = self._of_style(style)
            if number is None:
                number = of_style[0]
                level = level or self._linked_level(number, style) or of_style[1]
        if number is None or number == "0":
            return None
        at = whole_number(level, 0)
        return number, min(at, LEVELS - 1)

    def _read(self, numbering: Any) -> None:
        for element in numbering.iterfind(f"{W}abstractNum"):
            made = _AbstractList(style_link=value_of(element, f"{W}numStyleLink"))
            for level in element.iterfind(f"{W}lvl"):
                made.levels[_integer(level.get(f"{W}ilvl"), 0)] = _level(level)
            self._abstract[element.get(f"{W}abstractNumId", "")] = made
        for element in numbering.iterfind(f"{W}num"):
            instance = _Instance(value_of(element, f"{W}abstractNumId") or "")
            for override in element.iterfind(f"{W}lvlOverride"):
                at = _integer(override.get(f"{W}ilvl"), 0)
                start = value_of(override, f"{W}startOverride")
                if start is not None:
                    instance.starts[at] = _integer(start, 1)
                own = override.find(f"{W}lvl")
                if own is not None:
                    instance.levels[at] = _level(own)
            self._instances[element.get(f"{W}numId", "")] = instance

    def _of_style(self, style: str) -> tuple[str | None, str | None]:
        """Returns (list, level) of the style or its base styles; list and level are inherited separately."""
        if style not in self._by_style:
            number = level = None
            at: str | None = style
            for _ in range(_MAX_DEPTH):
                element = self._styles.get(at or "")
                if element is None or (number is not None and level is not None):
                    break
                own = _numbered(element)
                number, level = number or own[0], level or own[1]
                at = value_of(element, f"{W}basedOn")
            self._by_style[style] = (number, level)
        return self._by_style[style]

    def _linked_level(self, number: str | None, style: str) -> str | None:
        """Returns the list level linked with the style."""
        instance = self._instances.get(number or "")
        abstract = self._abstract_of(instance) if instance is not None else None
        for at, level in abstract.levels.items() if abstract is not None else ():
            if level.style == style:
                return str(at)
        return None

    def _abstract_of(self, instance: _Instance) -> _AbstractList | None:
        abstract = self._abstract.get(instance.abstract)
        for _ in range(_MAX_DEPTH):
            if abstract is None or abstract.levels or abstract.style_link is None:
                return abstract
            linked = self._styles.get(abstract.style_link)
            number = value_of(linked, f"{PARAGRAPH_PROPERTIES}/{W}numPr/{W}numId") if linked is not None else None
            follower = self._instances.get(number or "")
            abstract = self._abstract.get(follower.abstract) if follower is not None else None
        return abstract

    def _count(self, number: str, at: int) -> str:
        """Advances the list at this level and returns the displayed number."""
        instance = self._instances.get(number)
        abstract = self._abstract_of(instance) if instance is not None else None
        if instance is None or abstract is None:
            return ""
        counters = abstract.counters
        if at not in instance.started:
            instance.started.add(at)
            if at in instance.starts:
                counters[at] = instance.starts[at] - 1
        counter = counters[at]
        counters[at] = instance.levels.get(at, abstract.levels.get(at, _Level())).start if counter is None else counter + 1
        for deeper in range(at + 1, LEVELS):
            restart = instance.levels.get(deeper, abstract.levels.get(deeper, _Level())).restart
            if restart is None or (restart and at < restart):
                counters[deeper] = None
        return self._label(instance, abstract, at)

    def _label(self, instance: _Instance, abstract: _AbstractList, at: int) -> str:
        def level(index: int) -> _Level:
            return instance.levels.get(index, abstract.levels.get(index, _Level()))

        own = level(at)
        if own.form == "bullet":
            return ""

        def shown(found: re.Match[str]) -> str:
            index = int(found[1]) - 1
            if not 0 <= index < LEVELS:
                return ""
            of = level(index)
            if abstract.counters[index] is None:
                abstract.counters[index] = of.start
            counter = abstract.counters[index] or 0
            return format_counter(counter, "decimal" if own.legal and of.form not in _HIDDEN else of.form)

        return _PLACE.sub(shown, own.text).strip()


def _numbered(element: Any) -> tuple[str | None, str | None]:
    properties = element.find(f"{PARAGRAPH_PROPERTIES}/{W}numPr")
    if properties is None:
        return None, None
    return value_of(properties, f"{W}numId"), value_of(properties, f"{W}ilvl")


def _level(element: Any) -> _Level:
    restart = value_of(element, f"{W}lvlRestart")
    return _Level(
        start=_integer(value_of(element, f"{W}start"), 1),
        form=_form(element),
        text=value_of(element, f"{W}lvlText") or "",
        restart=None if restart is None else _integer(restart, 0),
        legal=bool(is_on(element.find(f"{W}isLgl"))),
        style=value_of(element, f"{W}pStyle"),
        box=_box(element),
    )


def _box(element: Any) -> str:
    """Returns the check box that a bullet shows; empty for other bullets."""
    fonts = element.find(f"{RUN_PROPERTIES}/{W}rFonts")
    font = "" if fonts is None else fonts.get(f"{W}ascii") or ""
    shown = symbol_text(font, value_of(element, f"{W}lvlText") or "")
    return shown if _form(element) == "bullet" and shown in _BOXES else ""


def _form(element: Any) -> str:
    """Returns the number format, also where a newer format has a fallback beside it."""
    found = next(element.iter(f"{W}numFmt"), None)
    return "decimal" if found is None else found.get(VAL, "decimal")


def _integer(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default


def note_mark(number: int, form: str) -> str:
    """Writes the number of a foot- or endnote in its format."""
    return format_counter(number, form)
