"""Reads the plain text of a mail as paragraphs: lines wrapped for sending are joined, quoted lines keep their marks."""

from __future__ import annotations

import re

from fathom.conversion.docling_backends.text.wrapped_lines import join_wrapped_lines

SIGNATURE = "-- "
_EMPTY = re.compile(r"[>\s]*")
_ENRICHED_TAG = re.compile(r"</?[A-Za-z][\w-]{0,60}>")
_ENRICHED_PARAMETER = re.compile(r"(?is)<param>.*?</param>")


def paragraphs_of(text: str, *, flowed: bool = False, deletes_space: bool = False) -> list[str]:
    """Returns the paragraphs of a plain text, with the line breaks that its author set; those of a signature are kept.

    `flowed`: lines that end in a blank go on in the next (RFC 3676); `deletes_space`: that blank is not part of the text.
    """
    lines = _unflow(text.split("\n"), deletes_space) if flowed else text.split("\n")
    paragraphs: list[str] = []
    current: list[str] = []
    is_as_set = flowed
    for line in [*lines, ""]:
        if _EMPTY.fullmatch(line) or line == SIGNATURE:
            if current:
                paragraph = "\n".join(current)
                paragraphs.append(paragraph if is_as_set else join_wrapped_lines(paragraph))
            is_as_set = is_as_set or line == SIGNATURE
            current = [line.rstrip()] if line == SIGNATURE else []
        else:
            current.append(line.rstrip())
    return paragraphs


def strip_enriched_tags(text: str) -> str:
    """Returns the plain text of text/enriched (RFC 1896): no tags, single line ends as blanks."""
    text = _ENRICHED_TAG.sub("", _ENRICHED_PARAMETER.sub("", text.replace("<<", "\0"))).replace("\0", "<")
    return re.sub(r"\n(\n*)", lambda found: found[1] or " ", text)


def _unflow(lines: list[str], deletes_space: bool) -> list[str]:
    joined: list[tuple[int, list[str]]] = []
    goes_on = False
    for line in lines:
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if goes_on and joined and joined[-1][0] == depth and content != SIGNATURE:
            joined[-1][1].append(content)
        else:
            joined.append((depth, [content]))
        goes_on = content.endswith(" ") and content != SIGNATURE
        if goes_on and deletes_space:
            joined[-1][1][-1] = content[:-1]
    return [f"{'>' * depth}{' ' if depth else ''}{''.join(pieces).rstrip()}" for depth, pieces in joined]
