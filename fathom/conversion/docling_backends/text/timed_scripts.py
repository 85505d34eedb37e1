"""Reads structured subtitle formats: SubStation Alpha (ASS, SSA) and Timed Text (TTML, DFXP)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SCRIPT = re.compile(r"\A\ufeff?\s*\[Script Info\]", re.I)
TIMED_TEXT = re.compile(r"\A\ufeff?\s*(?:<\?[^>]*\?>\s*|<!--.*?-->\s*)*<(?:\w+:)?tt[\s>]", re.S)
_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}.*?(?:\{[^{}]*\\p0[^{}]*\}|$)", re.S)
_OVERRIDE = re.compile(r"\{[^{}]*\}")
_CLOCK = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,6}))?(?::(\d{1,3})(?:\.\d+)?)?")
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(h|ms|m|s|f|t)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_IDENTITY = "{http://www.w3.org/XML/1998/namespace}id"


@dataclass(frozen=True)
class ScriptLine:
    """The lines shown from `start` to `end` (seconds), with their speaker (empty if unknown)."""

    start: float
    end: float
    speaker: str
    lines: list[str]


def script_lines(text: str) -> list[ScriptLine]:
    """Returns the dialogue of a SubStation script in the order of time, without comments, styles and drawings."""
    fields: tuple[str, ...] = _FIELDS
    found: list[ScriptLine] = []
    for line in text.splitlines():
        kind, _, rest = line.partition(":")
        if kind.strip().casefold() == "format" and "text" in rest.casefold():
            fields = tuple(name.strip().casefold() for name in rest.split(","))
        if kind.strip().casefold() != "dialogue":
            continue
        values = dict(zip(fields, rest.lstrip().split(",", len(fields) - 1), strict=False))
        dialogue = _OVERRIDE.sub("", _DRAWING.sub("", values.get("text", ""))).replace("\\h", " ")
        shown = [part.strip() for part in re.split(r"\\[Nn]", dialogue) if part.strip()]
        if shown:
            speaker = values.get("name", values.get("actor", "")).strip()
            found.append(ScriptLine(_clock(values.get("start", "")), _clock(values.get("end", "")), speaker, shown))
    return sorted(found, key=lambda line: line.start)


def timed_text(text: str) -> tuple[str, list[ScriptLine]]:
    """Returns the title of a Timed Text document, empty if it has none, and its lines."""
    from lxml import etree

    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root: Any = etree.fromstring(text.lstrip("\ufeff").encode("utf-8", "replace"), parser)
    if root is None:
        return "", []
    title = next((_join(element) for element in root.iter("{*}title")), "")
    return title, list(_TimedText(root).lines())


@dataclass(slots=True)
class _TimedText:
    """A Timed Text document; `agents` are the names of speakers by id."""

    root: Any
    agents: dict[str, str] = field(default_factory=dict[str, str])
    frames: float = 30.0
    ticks: float = 1.0

    def lines(self) -> Iterator[ScriptLine]:
        facts = _by_name(self.root.attrib)
        self.frames = _number(facts.get("frameRate"), 30.0)
        self.ticks = _number(facts.get("tickRate"), 1.0)
        for agent in self.root.iter("{*}agent"):
            self.agents[agent.get(_IDENTITY, "")] = _join(agent)
        yield from self._below(self.root, 0.0, "")

    def _below(self, element: Any, begin: float, speaker: str) -> Iterator[ScriptLine]:
        """Yields the lines in the element; times are relative to the enclosing element."""
        for child in element:
            name = _name(child)
            if not name or name in ("head", "metadata"):
                continue
            facts = _by_name(child.attrib)
            start = begin + self._time(facts.get("begin"))
            line_speaker = self.agents.get(facts.get("agent", ""), speaker)
            if name != "p":
                yield from self._below(child, start, line_speaker)
                continue
            end = begin + self._time(facts.get("end")) if "end" in facts else start + self._time(facts.get("dur"))
            shown = [" ".join(line.split()) for line in "".join(_line_parts(child)).split("\n")]
            if any(shown):
                yield ScriptLine(start, end, line_speaker, [line for line in shown if line])

    def _time(self, text: str | None) -> float:
        offset = _OFFSET.fullmatch((text or "").strip())
        if offset is None:
            return _clock(text or "", self.frames)
        scale = {"f": 1 / self.frames, "t": 1 / self.ticks}.get(offset[2]) or _SECONDS[offset[2]]
        return float(offset[1]) * scale


def _line_parts(element: Any) -> Iterator[str]:
    """Yields the text of a line; line breaks of the file become blanks, those of the author line ends."""
    yield (element.text or "").replace("\n", " ")
    for child in element:
        name = _name(child)
        if name == "br":
            yield "\n"
        elif name and name != "metadata":
            yield from _line_parts(child)
        yield (child.tail or "").replace("\n", " ")


def _clock(text: str, frames: float = 30.0) -> float:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return 0.0
    hours, minutes, seconds, fraction, frame = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}") + int(frame or 0) / frames


def _number(text: str | None, otherwise: float) -> float:
    return float(text) if text and text.isdecimal() and 0 < int(text) < 10**9 else otherwise


def _by_name(attributes: Mapping[str, str]) -> dict[str, str]:
    return {str(key).rpartition("}")[2]: str(value) for key, value in attributes.items()}


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _join(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())
