"""Reads JSON lines from the standard input and prints a result or an error object for each line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from fathom.cli.output import print_json, say
from fathom.errors import DocumentFailed, DocumentRejected, FathomError, UsageWrong

Subject = TypeVar("Subject")

MAX_LINE_BYTES = 13_000_000  # a million characters, the bound of a text, each written as two escapes
SOME_FAILED, ALL_FAILED = 5, 1


@dataclass(frozen=True)
class JsonLine:
    """A line of the input: its number, the id it gives, its object, or the fault of the line."""

    number: int
    source: str | None
    given: dict[str, Any]
    fault: UsageWrong | None = None


def process_texts(answered: Callable[[str, str], dict[str, Any]]) -> int:
    """Prints `answered(id, text)` for each line `{"id", "text"}`; see `process_lines`."""
    return process_lines(_text, answered, source_key="source")


def process_lines(
    read: Callable[[JsonLine], Subject], answered: Callable[[str, Subject], dict[str, Any]], *, source_key: str = "id"
) -> int:
    """Prints `answered(id, read(line))` for each line of the standard input, in order; an error object for a bad line.

    A line is bad where `read` raises UsageWrong. After a fault that is not the line's own (key, server, budget), all later
    lines get the same error without a request. Returns the exit code: 0, ALL_FAILED, SOME_FAILED, or that of such a fault.
    """
    done = failed = 0
    stopped: FathomError | None = None
    printed: FathomError | None = None
    for line in json_lines():
        error: FathomError | None = stopped or line.fault
        if error is None:
            try:
                subject = read(line)
            except UsageWrong as fault:
                error = fault
        if error is None:
            try:
                print_json(answered(line.source or "", subject), indent=None)
            except FathomError as raised:
                error = raised
                if not isinstance(raised, (DocumentFailed, DocumentRejected)):
                    stopped = raised
            else:
                done += 1
                continue
        failed += 1
        print_json({source_key: line.source, "line": line.number, **error.as_dict()}, indent=None)
        if error is not printed:  # a fault of all lines is printed once
            say(f"Line {line.number}: {error.message}")
            printed = error
    if stopped is not None:
        say(stopped.what_to_do)
        return stopped.exit_code
    return (SOME_FAILED if done else ALL_FAILED) if failed else 0


def _text(line: JsonLine) -> str:
    text = line.given.get("text")
    if not isinstance(text, str):
        raise UsageWrong(f'Line {line.number} of the standard input is not {{"id": …, "text": …}}.')
    return text


def json_lines() -> Iterator[JsonLine]:
    """Yields the lines of the standard input that are not blank."""
    stream = sys.stdin.buffer
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE_BYTES)
            fault = UsageWrong(f"Line {number} of the standard input is longer than any text may be.")
            yield JsonLine(number, None, {}, fault)
        elif line.strip():
            yield _read(number, line)


def _read(number: int, line: bytes) -> JsonLine:
    """Returns the line, parsed."""
    fault = UsageWrong(f'Line {number} of the standard input is no JSON object with an "id".')
    try:
        given = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError):
        return JsonLine(number, None, {}, fault)
    if not isinstance(given, dict):
        return JsonLine(number, None, {}, fault)
    name = given.get("id")
    if not isinstance(name, (str, int, float)) or isinstance(name, bool):
        return JsonLine(number, None, {}, fault)
    return JsonLine(number, str(name), given)
