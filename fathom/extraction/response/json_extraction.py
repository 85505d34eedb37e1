"""Finds the JSON object in a model's answer: between prose, in code fences, after reasoning, in wrappers."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fathom.extraction.response.lenient_json import (
    MAX_NESTING,
    ParsedValue,
    UnreadableJson,
    merge_member,
    merged_members,
    read_value,
)
from fathom.extraction.response.reasoning_text import AnswerText, texts_after_reasoning

MAX_ANSWER = 500_000  # characters; the longest requested answer has some 50,000
MAX_READ = 2  # budget of the search, in lengths of the text
MAX_WRAPS = 6  # nested wrappers around an object
_MAX_LOOKED_AT = 10_000  # values visited in search of a record
_SLACK = 20_000
_DEEP_COSTS = 20  # cost factor of deeply nested text, which is rarely meant

_SCHEMA_WORDS = {"type", "title", "description", "default", "examples", "minItems", "maxItems", "uniqueItems", "nullable"}
_BLANK = re.compile(r"(?:\s|```|~~~|<[^<>\n]{1,40}>|\[/?[A-Z]+\]|[}\])，,;]|\ufeff)*")
_START = re.compile(r"[{\[]")
_LIKE_JSON = re.compile(r"""[{\[]\s*["'“{\[]""")
# The start of the first object or list, and whether its content is escaped.
_OPENED = re.compile(r"""[{\[]\s*(?:(\\["n])|["'“{\[])""")
_MARKS = "\ufeff\u200b\u2060\x00 \t\r\n\f\v"

Names = Mapping[str, str]  # accepted member names in lower case, to requested names


class MalformedResponse(ValueError):
    """The answer does not have the requested form."""


class TruncatedResponse(MalformedResponse):
    """The answer ends in the middle, whatever the server's stop reason."""


@dataclass(frozen=True)
class _Found:
    """A record, its place in the text, and whether its end is missing."""

    record: dict[str, Any]
    start: int
    end: int
    cut: bool


@dataclass
class _Search:
    """The records of a text in order; whether an object without a record is truncated, or nested too deep."""

    found: list[_Found] = field(default_factory=list[_Found])
    cut: bool = False
    deep: bool = False


def record_of(answer: str, names: Names) -> dict[str, Any]:
    """Returns the members of the answer's object by their requested names.

    Args:
        answer: of a model, at most MAX_ANSWER characters.
        names: accepted member names, mapped to the requested names.

    Of several objects the last non-empty counts, or all if their members are disjoint. Raises TruncatedResponse where the
    object's end is missing, MalformedResponse where there is none.
    """
    if len(answer) > MAX_ANSWER:
        raise MalformedResponse(f"it has {len(answer):,} characters, and more than {MAX_ANSWER:,} are not read")
    text = answer.strip(_MARKS)
    if not text:
        raise MalformedResponse("it is empty")
    strict = _strictly(text)
    if strict is not None and (found := list(_records(strict[0], names))):
        return _together(found)
    problem: MalformedResponse | None = None
    for place in texts_after_reasoning(text):
        for form in _forms(place.text):
            try:
                if record := _record_in(form, names, place):
                    return record
            except MalformedResponse as error:
                problem = problem or error
    if strict is None and problem is not None:
        raise problem
    _raise_for(strict[0] if strict else None, text)
    raise AssertionError


def _raise_for(value: Any, text: str) -> None:
    """Raises the error for an answer without a record."""
    schema = value if isinstance(value, dict) else None
    if (schema and _is_schema(schema)) or (value is None and '"properties"' in text and '"type"' in text):
        raise MalformedResponse("it repeats the schema of the answer")
    raise MalformedResponse("it is no JSON" if value is None else "it has none of the lists that were asked for")


def _strictly(text: str) -> tuple[Any] | None:
    """Returns the value of JSON text, raw line breaks in strings allowed; None if it is invalid."""
    try:
        return (json.loads(text, strict=False, object_pairs_hook=merged_members),)
    except (ValueError, RecursionError):
        return None


def _forms(text: str) -> Iterator[str]:
    """Yields the text, and the unescaped text if it was escaped twice."""
    yield text
    if (opened := _OPENED.search(text)) is not None and opened[1]:
        if (value := _strictly(f'"{text.strip(_MARKS)}"')) is not None and isinstance(value[0], str):
            yield value[0]
        else:
            yield text.replace('\\"', '"').replace("\\n", "\n")
    if "&quot;" in text or "&#34;" in text:
        yield html.unescape(text)


def _record_in(text: str, names: Names, place: AnswerText) -> dict[str, Any] | None:
    """Returns the record in the text, None if there is none. Raises TruncatedResponse where its end is missing."""
    search = _search(text, names)
    found = search.found
    if found and (last := found[-1]).cut:
        whole = [record for record in found if not record.cut]
        if not whole or not text[whole[-1].start :].startswith(text[last.start :].rstrip(_MARKS)):
            raise TruncatedResponse("it ends in the middle")
        return whole[-1].record  # the truncated record repeats it
    if found and not (place.mixed and _BLANK.sub("", text[found[-1].end :], count=1)):
        return _chosen([match.record for match in found])
    if search.deep and not found:
        raise MalformedResponse(f"it is nested deeper than {MAX_NESTING}")
    if place.unended or (search.cut and not found):
        raise TruncatedResponse("its reasoning does not end" if place.unended else "it ends in the middle")
    return None


def _search(text: str, names: Names) -> _Search:
    """Parses every object and list of the text, within a budget of MAX_READ times its length."""
    search = _Search()
    found, budget, at = search.found, MAX_READ * len(text) + _SLACK, 0
    while budget > 0 and (start := _START.search(text, at)):
        try:
            read = read_value(text, start.start())
        except UnreadableJson as error:
            budget -= (error.reached - start.start() + 1) * (_DEEP_COSTS if error.deep else 1)
            search.deep = search.deep or error.deep
            at = error.reached if error.deep else start.end()
            continue
        budget -= read.end - start.start()
        records = list(_records(read.value, names))
        if records:
            match = _Found(_together(records), start.start(), read.end, _is_cut(read, names))
            if found and not (match.cut or found[-1].cut) and not _BLANK.sub("", text[found[-1].end : match.start], count=1):
                found[-1] = _Found(_together([found[-1].record, match.record]), found[-1].start, match.end, False)
            else:
                found.append(match)
        if read.unclosed and not records:
            search.cut = search.cut or bool(_LIKE_JSON.match(text, start.start()))
            at = start.end()
        else:
            at = read.end
    return search


def _is_cut(read: ParsedValue, names: Names) -> bool:
    """Returns whether a part of a record is missing at its end; only closing brackets of itself and its wrappers may be."""
    if not read.unclosed:
        return False
    if read.cut or any(isinstance(part, list) and not (part and _holds_records(part, names)) for part in read.unclosed):
        return True
    innermost = read.unclosed[-1]
    named = _named(innermost, names) if isinstance(innermost, dict) else None
    if named is None:
        return not any(True for _ in _records(innermost, names))
    return len(named) < len(set(names.values()))


def _holds_records(values: list[Any], names: Names) -> bool:
    return all(isinstance(value, dict) and _named(value, names) is not None for value in values)


def _records(value: Any, names: Names, depth: int = 0, looked: list[int] | None = None) -> Iterator[dict[str, Any]]:
    """Yields the records in a value: itself, or within lists, other objects or text."""
    looked = looked if looked is not None else [0]
    looked[0] += 1
    if depth > MAX_WRAPS or looked[0] > _MAX_LOOKED_AT:
        return
    if isinstance(value, dict):
        named = _named(value, names)
        if named is None:
            for member in value.values():
                yield from _records(member, names, depth + 1, looked)
            return
        if len(named) < len(set(names.values())):  # the other list may be nested deeper
            for key, member in value.items():
                if _letters(key) not in names and not isinstance(member, str):
                    for record in _records(member, names, depth + 1, looked):
                        named = {**record, **named}
        yield named
    elif isinstance(value, list):
        for item in value:
            yield from _records(item, names, depth + 1, looked)
    elif isinstance(value, str) and "{" in value:
        inner = _strictly(value.strip(_MARKS))
        if inner is not None:
            yield from _records(inner[0], names, depth + 1, looked)
        elif any(name in value.lower() for name in names):
            try:
                yield record_of(value, names)
            except TruncatedResponse:
                raise
            except MalformedResponse:
                return


def _named(value: dict[str, Any], names: Names) -> dict[str, Any] | None:
    """Returns the members by their requested names; None if the object has none of them."""
    named: dict[str, Any] = {}
    for key, member in value.items():
        name = names.get(_letters(key))
        if name is not None and (name not in named or named[name] in (None, [])):
            named[name] = member
    if not named or _is_schema(value) or any(isinstance(member, dict) and _is_schema(member) for member in named.values()):
        return None
    return named


def _letters(key: str) -> str:
    return "".join(sign for sign in key.casefold() if sign.isalnum())


def _is_schema(value: dict[str, Any]) -> bool:
    """Returns whether an object is a JSON schema and no record."""
    if not value.keys().isdisjoint(("$schema", "$defs", "$ref")):
        return True
    kind = value.get("type")
    if kind == "array" or (isinstance(kind, list) and "array" in kind):
        return "items" in value or value.keys() <= _SCHEMA_WORDS
    return kind == "object" and isinstance(value.get("properties"), dict) and all(
        isinstance(member, dict) for member in value["properties"].values()
    )  # fmt: skip


def _chosen(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the last non-empty record; the union if no member occurs twice."""
    names = [name for record in records for name in record]
    if len(set(names)) == len(names):
        return _together(records)
    return next((record for record in reversed(records) if any(record.values())), records[-1])


def _together(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the union of a value's records: lists of the same name joined, immediate repetitions ignored."""
    whole: dict[str, Any] = {}
    for number, record in enumerate(records):
        if number and record == records[number - 1]:
            continue
        for name, member in record.items():
            merge_member(whole, name, member)
    return whole
