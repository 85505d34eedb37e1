"""Preprocesses the lines of an AsciiDoc text: evaluates conditions, names includes, never follows them."""

from __future__ import annotations

import re

from fathom.conversion.docling_backends.asciidoc.attributes import Attributes
from fathom.conversion.report import Notice

_CONDITION = re.compile(r"^(\\)?(ifdef|ifndef|ifeval|endif)::([^\s\[\]]*)\[(.*)\][ \t]*$")
_INCLUDE = re.compile(r"^(\\)?include::([^\[\]]+)\[(.*)\][ \t]*$")
_VERBATIM = re.compile(r"^(-{4,}|\.{4,}|\+{4,}|/{4,}|`{3,}[^`\s]*)[ \t]*$")
_COMPARISON = re.compile(r"^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$")


def preprocess(text: str) -> tuple[list[str], list[Notice]]:
    """Returns the lines whose conditions hold, without trailing blanks, and a notice for each included file."""
    attributes, notices = Attributes(), list[Notice]()
    lines: list[str] = []
    states: list[bool] = []  # of the conditions around the line
    fence = ""
    going_on = ""
    for raw in text.splitlines():
        line = raw.rstrip()
        if (found := _CONDITION.match(line)) is not None and not found[1]:
            _decide(found, attributes, states, lines)
            continue
        if not all(states):
            continue
        if found is not None:
            line = line[1:]
        elif (included := _INCLUDE.match(line)) is not None:
            if included[1]:
                line = line[1:]
            else:
                name = attributes.put_in(included[2])
                message = f"The file {name} that the text includes is not part of the upload."
                notices.append(Notice(kind="file_not_included", message=message, where=name))
                continue
        if (mark := _VERBATIM.match(line)) is not None:
            sign = mark[1][:3] if mark[1].startswith("`") else mark[1]
            fence = "" if fence == sign else fence or sign
        elif not fence:
            going_on = _entry(going_on + line.strip() if going_on else line, attributes)
        lines.append(line)
    return lines, notices


def _entry(line: str, attributes: Attributes) -> str:
    """Applies an attribute entry; returns the part read so far if it continues on the next line."""
    if line.startswith(":") and line.endswith((" \\", " + \\")):
        return line.removesuffix("\\").removesuffix(" + ").rstrip() + " "
    attributes.take(line)
    return ""


def _decide(found: re.Match[str], attributes: Attributes, states: list[bool], lines: list[str]) -> None:
    kind, names, content = found[2], found[3], found[4]
    if kind == "endif":
        if states:
            states.pop()
        return
    if kind == "ifeval":
        states.append(all(states) and _holds(attributes.put_in(content)))
        return
    parts = re.split(r"[,+]", names)
    known = [name in attributes for name in parts]
    holds = all(known) if "+" in names else any(known)
    if kind == "ifndef":
        holds = not all(known) if "," in names else not any(known)
    if not content:
        states.append(holds)
    elif holds and all(states):
        lines.append(content)
        attributes.take(content)


def _holds(comparison: str) -> bool:
    found = _COMPARISON.match(comparison.strip())
    if found is None:
        return False
    left, right = (_value(side) for side in (found[1], found[3]))
    if type(left) is not type(right):
        left, right = str(left), str(right)
    if found[2] in ("==", "!="):
        return (left == right) == (found[2] == "==")
    less, same = left < right, left == right  # type: ignore[operator]
    return {"<": less, "<=": less or same, ">": not (less or same), ">=": not less}[found[2]]


def _value(side: str) -> str | float:
    side = side.strip()
    if len(side) > 1 and side[0] == side[-1] and side[0] in "\"'":
        return side[1:-1]
    try:
        return float(side)
    except ValueError:
        return side
