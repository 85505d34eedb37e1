"""Reads the front matter of a Markdown text, YAML, TOML or JSON, as lines of `key: value`."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import yaml

MAX_CHARACTERS = 64 * 1024
MAX_LINES = 2000
MAX_DEPTH = 20

_FENCED = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?)\n?^(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)


@dataclass(frozen=True)
class FrontMatter:
    """The lines before a text, the title named in them, if any, and the text itself."""

    lines: tuple[str, ...]
    title: str
    text: str


def split_front_matter(text: str) -> FrontMatter:
    """Splits the front matter from the text; a rule followed by a paragraph is not front matter."""
    found = _FENCED.match(text[:MAX_CHARACTERS])
    if found is None:
        return _json_front_matter(text)
    values = _toml(found[2]) if found[1] == "+++" else _yaml(found[2])
    if not isinstance(values, Mapping) or not values:
        if values is None and not found[2].strip():
            return FrontMatter((), "", text[found.end() :])
        return FrontMatter((), "", text)
    lines: list[str] = []
    for line in _lines("", values, 0):
        lines.append(line)
        if len(lines) > MAX_LINES:  # YAML aliases can expand to any number of lines
            lines = [line for line in found[2].splitlines() if line.strip()]
            break
    title = values.get("title")
    named = " ".join(str(title).split()) if isinstance(title, str) else ""
    return FrontMatter(tuple(lines), named, text[found.end() :])


def _json_front_matter(text: str) -> FrontMatter:
    """Splits a JSON object on the first lines from the text behind a blank line, as in Hugo."""
    values, end = None, 0
    if text.startswith("{"):
        try:
            values, end = json.JSONDecoder().raw_decode(text[:MAX_CHARACTERS])
        except (ValueError, RecursionError):
            values = None
    rest = text[end:]
    if not isinstance(values, dict) or not values or not rest.startswith("\n") or not rest.strip():
        return FrontMatter((), "", text)
    title = values.get("title")
    named = " ".join(title.split()) if isinstance(title, str) else ""
    return FrontMatter(tuple(islice(_lines("", values, 0), MAX_LINES)), named, rest)


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - the base loader returns only text
    except (yaml.YAMLError, RecursionError):
        return _loose(text)


def _loose(text: str) -> dict[str, str] | None:
    """Reads lines of `key: value` that are no YAML, as with a colon in a title."""
    found = [re.fullmatch(r"([\w][\w .-]{0,60}):(?:[ \t]+(.*))?", line) for line in text.splitlines() if line.strip()]
    if not found or any(line is None for line in found):
        return None
    return {line[1]: (line[2] or "").strip() for line in found if line is not None}


def _lines(key: str, value: Any, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _lines(f"{key}.{name}" if key else str(name), inner, depth + 1)
    elif isinstance(value, list) and not any(isinstance(inner, list | Mapping) for inner in value):
        yield f"{key}: {', '.join(_scalar(inner) for inner in value)}".rstrip()
    elif isinstance(value, list):
        for inner in value:
            yield from _lines(key, inner, depth + 1)
    else:
        yield f"{key}: {_scalar(value)}".rstrip()


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())
