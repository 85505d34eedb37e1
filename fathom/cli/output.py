"""Prints results on stdout, as tables or JSON, and messages on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

# The width of a table that is not printed on a terminal.
WIDE = 240
# Controls except tab and line ends, line separators, bidirectional overrides, and lone surrogates other than those that
# stand for undecodable bytes of a file name (PEP 383).
_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udc7f\udd00-\udfff"
_OBEYED = re.compile(f"[{_CONTROLS}]")
_OBEYED_OR_BYTE = re.compile(f"[{_CONTROLS}\\udc80-\\udcff]")
# The option of every command: `as_json: AsJson = False`.
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.", show_default=False)]


def say(text: str) -> None:
    """Prints a message for people on stderr."""
    print(safe(text), file=sys.stderr, flush=True)  # noqa: T201  this is where the command line prints


def print_result(result: Any, as_json: bool, human: Callable[[], None]) -> None:
    """Prints the result as a JSON document on stdout, or calls `human` to print it."""
    if as_json:
        print_json(result)
    else:
        human()


def print_json(result: Any, *, indent: int | None = 2) -> None:
    """Prints a JSON document on stdout; accepts pydantic models and dataclasses."""
    text = json.dumps(result, indent=indent, ensure_ascii=False, default=_plain)
    _print(_OBEYED_OR_BYTE.sub(_as_json, text))  # characters that json.dumps leaves are within strings


def print_text(text: str) -> None:
    """Prints text on stdout; terminal controls and characters outside of its encoding are escaped."""
    _print(safe(text))


def safe(text: str) -> str:
    """Returns the text with terminal controls as visible escapes: `\\x1b`."""
    return _OBEYED.sub(_as_escape, text.replace("\r\n", "\n"))


def _as_escape(sign: re.Match[str]) -> str:
    code = ord(sign[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _as_json(sign: re.Match[str]) -> str:
    return f"\\u{ord(sign[0]):04x}"


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    data = text.encode(encoding, "surrogateescape" if encoding.lower() == "utf-8" else "backslashreplace")
    print(data.decode(encoding, "backslashreplace"), flush=True)  # noqa: T201


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None, to_stderr: bool = False
) -> None:
    """Prints a table; a column whose name ends in `>` is right-aligned."""
    from rich.markup import escape
    from rich.table import Table

    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column.rstrip(">"), justify="right" if column.endswith(">") else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(escape(cell(value)) for value in row))
    console(to_stderr=to_stderr).print(shown)


def console(*, to_stderr: bool = False) -> Console:
    """Returns a console of the terminal's width, or of WIDE columns without a terminal."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else WIDE, highlight=False, soft_wrap=not stream.isatty())


def cell(value: object) -> str:
    """Returns the text of a table cell: empty for None, rounded numbers, no line ends."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return safe(" ".join(str(value).split()))


def duration(seconds: float | None) -> str:
    """Returns seconds as a readable duration: 12 s, 5 min, 3 h, 2 d."""
    if seconds is None:
        return ""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _plain(value: object) -> object:
    from dataclasses import asdict, is_dataclass
    from datetime import date
    from pathlib import Path

    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value) if isinstance(value, Path) else repr(value)
