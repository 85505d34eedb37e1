"""Finds the JSON object in an answer of a language model: between prose, in fences, behind reasoning, in envelopes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fathom.extraction.response.lenient_json import MAX_NESTING, NotRead, ReadValue, merged_members, put, read_value
from fathom.extraction.response.reasoning_text import Behind, behind_reasoning

MAX_ANSWER = 500_000  # characters: the longest answer that is asked for has some 50,000
MAX_READ = 2  # times the length of a text that is read in search of an object
MAX_WRAPS = 6  # of an object in lists, other objects and text
_MAX_LOOKED_AT = 10_000  # values in search of a record
_SLACK = 20_000
_DEEP_COSTS = 20  # so many times as much as other text: little that is meant nests so deep

_SCHEMA_WORDS = {"type", "title", "description", "default", "examples", "minItems", "maxItems", "uniqueItems", "nullable"}
_BLANK = re.compile(r"(?:\s|```|~~~|<[^<>\n]{1,40}>|\[/?[A-Z]+\]|[}\])，,;]|\ufeff)*")
_START = re.compile(r"[{\[]")
_LIKE_JSON = re.compile(r"""[{\[]\s*["'“{\[]""")
# Where the first object or list begins, and whether what follows is escaped.
_OPENED = re.compile(r"""[{\[]\s*(?:(\\["n])|["'“{\[])""")
_MARKS = "\ufeff\u200b\u2060\x00 \t\r\n\f\v"

Names = Mapping[str, str]  # of members, in small letters, to the names they are asked for by


class NotAsAsked(ValueError):
    """The answer is not what was asked for."""


class AnswerCut(NotAsAsked):
    """The answer ends in the middle, whatever its server says."""


@dataclass(frozen=True)
class _Found:
    """A record, where its text begins and ends, and whether its end is missing."""

    record: dict[str, Any]
    start: int
    end: int
    cut: bool


@dataclass
class _Search:
    """The records of a text in their order; whether an object without one ends in the middle, or is nested too deep."""

    found: list[_Found] = field(default_factory=list[_Found])
    cut: bool = False
    deep: bool = False


def record_of(answer: str, names: Names) -> dict[str, Any]:
    """Returns the members of the answer's object by the names they are asked for.

    Args:
        answer: of a model, at most MAX_ANSWER characters.
        names: what the members of the object may be called.

    Of several objects the last one that holds anything counts, or all where each has other members. Raises AnswerCut where
    the object's end is missing, NotAsAsked where there is none.
    """
    if len(answer) > MAX_ANSWER:
        raise NotAsAsked(f"it has {len(answer):,} characters, and more than {MAX_ANSWER:,} are not read")
    text = answer.strip(_MARKS)
    if not text:
        raise NotAsAsked("it is empty")
    strict = _strictly(text)
    if strict is not None and (found := list(_records(strict[0], names))):
        return _together(found)
    problem: NotAsAsked | None = None
    for place in behind_reasoning(text):
        for form in _forms(place.text):
            try:
                if record := _record_in(form, names, place):
                    return record
            except NotAsAsked as error:
                problem = problem or error
    if strict is None and problem is not None:
        raise problem
    _raise_for(strict[0] if strict else None, text)
    raise AssertionError


def _raise_for(value: Any, text: str) -> None:
    """Says what the answer is instead of a record."""
    schema = value if isinstance(value, dict) else None
    if (schema and _is_schema(schema)) or (value is None and '"properties"' in text and '"type"' in text):
        raise NotAsAsked("it repeats the schema of the answer")
    raise NotAsAsked("it is no JSON" if value is None else "it has none of the lists that were asked for")


def _strictly(text: str) -> tuple[Any] | None:
    """Returns the value of a text that is JSON but for raw line breaks in its strings; None where it is not."""
    try:
        return (json.loads(text, strict=False, object_pairs_hook=merged_members),)
    except (ValueError, RecursionError):
        return None


def _forms(text: str) -> Iterator[str]:
    """The text, and what it is when it was escaped once too often."""
    yield text
    if (opened := _OPENED.search(text)) is not None and opened[1]:
        if (value := _strictly(f'"{text.strip(_MARKS)}"')) is not None and isinstance(value[0], str):
            yield value[0]
        else:
            yield text.replace('\\"', '"').replace("\\n", "\n")
    if "&quot;" in text or "&#34;" in text:
        yield html.unescape(text)


def _record_in(text: str, names: Names, place: Behind) -> dict[str, Any] | None:
    """Returns the record that the text holds, None where it holds none. Raises AnswerCut where its end is missing."""
    search = _search(text, names)
    found = search.found
    if found and (last := found[-1]).cut:
        whole = [one for one in found if not one.cut]
        if not whole or not text[whole[-1].start :].startswith(text[last.start :].rstrip(_MARKS)):
            raise AnswerCut("it ends in the middle")
        return whole[-1].record  # which it began to say again
    if found and not (place.mixed and _BLANK.sub("", text[found[-1].end :], count=1)):
        return _chosen([one.record for one in found])
    if search.deep and not found:
        raise NotAsAsked(f"it is nested deeper than {MAX_NESTING}")
    if place.unended or (search.cut and not found):
        raise AnswerCut("its reasoning does not end" if place.unended else "it ends in the middle")
    return None


def _search(text: str, names: Names) -> _Search:
    """Reads every object and list of the text, at most MAX_READ times its length."""
    search = _Search()
    found, budget, at = search.found, MAX_READ * len(text) + _SLACK, 0
    while budget > 0 and (start := _START.search(text, at)):
        try:
            read = read_value(text, start.start())
        except NotRead as error:
            budget -= (error.reached - start.start() + 1) * (_DEEP_COSTS if error.deep else 1)
            search.deep = search.deep or error.deep
            at = error.reached if error.deep else start.end()
            continue
        budget -= read.end - start.start()
        records = list(_records(read.value, names))
        if records:
            one = _Found(_together(records), start.start(), read.end, _is_cut(read, names))
            if found and not (one.cut or found[-1].cut) and not _BLANK.sub("", text[found[-1].end : one.start], count=1):
                found[-1] = _Found(_together([found[-1].record, one.record]), found[-1].start, one.end, False)
            else:
                found.append(one)
        if read.unclosed and not records:
            search.cut = search.cut or bool(_LIKE_JSON.match(text, start.start()))
            at = start.end()
        else:
            at = read.end
    return search


def _is_cut(read: ReadValue, names: Names) -> bool:
    """Whether a part of a record is missing at its end: only its own closing bracket and those around it may be."""
    if not read.unclosed:
        return False
    if read.cut or any(isinstance(one, list) and not (one and _holds_records(one, names)) for one in read.unclosed):
        return True
    innermost = read.unclosed[-1]
    named = _named(innermost, names) if isinstance(innermost, dict) else None
    if named is None:
        return not any(True for _ in _records(innermost, names))
    return len(named) < len(set(names.values()))


def _holds_records(values: list[Any], names: Names) -> bool:
    return all(isinstance(one, dict) and _named(one, names) is not None for one in values)


def _records(value: Any, names: Names, depth: int = 0, looked: list[int] | None = None) -> Iterator[dict[str, Any]]:
    """The records in a value: it may be one, or hold them in lists, other objects or as text."""
    looked = looked if looked is not None else [0]
    looked[0] += 1
    if depth > MAX_WRAPS or looked[0] > _MAX_LOOKED_AT:
        return
    if isinstance(value, dict):
        named = _named(value, names)
        if named is None:
            for one in value.values():
                yield from _records(one, names, depth + 1, looked)
            return
        if len(named) < len(set(names.values())):  # the other list may stand further in
            for key, one in value.items():
                if _letters(key) not in names and not isinstance(one, str):
                    for record in _records(one, names, depth + 1, looked):
                        named = {**record, **named}
        yield named
    elif isinstance(value, list):
        for one in value:
            yield from _records(one, names, depth + 1, looked)
    elif isinstance(value, str) and "{" in value:
        inner = _strictly(value.strip(_MARKS))
        if inner is not None:
            yield from _records(inner[0], names, depth + 1, looked)
        elif any(name in value.lower() for name in names):
            try:
                yield record_of(value, names)
            except AnswerCut:
                raise
            except NotAsAsked:
                return


def _named(value: dict[str, Any], names: Names) -> dict[str, Any] | None:
    """Returns the members that are asked for by the names they are asked for by; None where the object has none of them."""
    named: dict[str, Any] = {}
    for key, member in value.items():
        name = names.get(_letters(key))
        if name is not None and (name not in named or named[name] in (None, [])):
            named[name] = member
    if not named or _is_schema(value) or any(isinstance(one, dict) and _is_schema(one) for one in named.values()):
        return None
    return named


def _letters(key: str) -> str:
    return "".join(sign for sign in key.casefold() if sign.isalnum())


def _is_schema(value: dict[str, Any]) -> bool:
    """Whether an object describes objects and is none of those it describes."""
    if not value.keys().isdisjoint(("$schema", "$defs", "$ref")):
        return True
    kind = value.get("type")
    if kind == "array" or (isinstance(kind, list) and "array" in kind):
        return "items" in value or value.keys() <= _SCHEMA_WORDS
    return kind == "object" and isinstance(value.get("properties"), dict) and all(
        isinstance(one, dict) for one in value["properties"].values()
    )  # fmt: skip


def _chosen(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the last record that holds anything; all as one where none has a member that another has."""
    names = [name for record in records for name in record]
    if len(set(names)) == len(names):
        return _together(records)
    return next((record for record in reversed(records) if any(record.values())), records[-1])


def _together(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the records of one value as one: lists of the same name joined, and what is said twice in a row once."""
    whole: dict[str, Any] = {}
    for number, record in enumerate(records):
        if number and record == records[number - 1]:
            continue
        for name, member in record.items():
            put(whole, name, member)
    return whole
