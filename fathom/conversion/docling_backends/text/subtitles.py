"""Reads subtitles (SubRip, WebVTT, SBV, SubStation, Timed Text) as paragraphs of speech with their start times."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fathom.conversion.docling_backends.text.plain_text import plain_text_document, strip_controls
from fathom.conversion.docling_backends.text.timed_scripts import SCRIPT, TIMED_TEXT, ScriptLine, script_lines, timed_text

if TYPE_CHECKING:
    from docling_core.types.doc import DoclingDocument

# A pause of so many seconds begins a new paragraph; so does a sentence end in a long paragraph.
PAUSE_S = 4.0
LONG_PARAGRAPH = 400
MAX_PARAGRAPH = 1200

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"^\s*{_TIME}\s*(?:-->|,)\s*{_TIME}(?:[ \t].*)?$")
_VOICE = re.compile(r"<v(?:\.[\w.-]+)*[ \t]+([^>]+)>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}")
# `RUTH: …`, `Dr. Holm: …`, `>> RUTH: …`: a name of up to four words that begin with capitals.
_NAME = r"[^\W\d_a-z][\w.'’-]*"
_NAMED = re.compile(rf"^(?:>>+\s*)?({_NAME}(?: (?:{_NAME}|\d{{1,3}}|of|de|van|von|la)){{0,3}}):\s+(?=\S)")
_DASH = re.compile(r"^\s*[-–—]\s*(?=\S)")
_ENDS = (".", "!", "?", "…", "。", "！", "？", '."', "”", ")")


@dataclass(frozen=True)
class Cue:
    """A line of speech: seconds from the start to its beginning and end, its speaker (empty if unknown) and its text."""

    start: float
    end: float
    speaker: str
    text: str


def subtitles_document(text: str) -> DoclingDocument:
    """Returns the speech as paragraphs like `[00:01:02] Ruth: …`; a text without a single cue as plain text."""
    from docling_core.types.doc import DoclingDocument
    from docling_core.types.doc.labels import DocItemLabel

    text = strip_controls(text)
    declared = re.match(r"\ufeff?WEBVTT[ \t]+(?:-\s*)?(\S.*)", text)
    title = declared[1].strip() if declared is not None else ""
    voices = _VOICE.search(text) is not None
    if SCRIPT.match(text):
        lines = script_lines(text)
        cues, voices = _cues(lines), any(line.speaker for line in lines)
    elif TIMED_TEXT.match(text):
        title, lines = timed_text(text)
        cues, voices = _cues(lines), any(line.speaker for line in lines)
    else:
        cues = list(cues_of(text))
    if not cues:
        return plain_text_document(text)
    document = DoclingDocument(name="document")
    if title:
        document.add_title(title)
    for paragraph in paragraphs_of(cues, voices=voices):
        document.add_text(label=DocItemLabel.TEXT, text=paragraph)
    return document


def _cues(lines: list[ScriptLine]) -> list[Cue]:
    """Returns the cues of a script; a named speaker holds for all lines of a cue."""
    found: list[Cue] = []
    for line in lines:
        parts = [(line.speaker, " ".join(line.lines))] if line.speaker else _speakers(line.lines)
        found += [Cue(line.start, line.end, speaker, words) for speaker, words in parts if words]
    return found


def cues_of(text: str) -> Iterator[Cue]:
    """Yields the cues in order: tags removed, several speakers of a cue separated, rolling lines said once."""
    before: list[str] = []
    for start, end, lines in _timed_cues(text):
        shown = [line for line in (_clean(line) for line in lines) if line]
        fresh = shown[1:] if len(shown) > 1 and before and shown[0] == before[-1] else shown
        before = shown or before
        if lines and fresh != shown:
            lines = lines[1:]
        for speaker, words in _speakers(lines):
            if words:
                yield Cue(start, end, speaker, words)


def paragraphs_of(cues: list[Cue], *, voices: bool = False) -> Iterator[str]:
    """Yields paragraphs: the words of a speaker without a pause.

    `voices`: the speaker is marked in every cue, so a cue without a mark has no speaker; a name at the beginning of a line,
    as in SubRip, holds until the next name.
    """
    held: list[str] = []
    first = cues[0]
    last = first
    for cue in cues:
        other = cue.speaker != last.speaker and (voices or bool(cue.speaker))
        if held and (other or _begins_anew(cue, last, sum(map(len, held)), held[-1])):
            yield _paragraph(first, held)
            held = []
        if not held:
            first = cue
        if not (held and held[-1] == cue.text and cue.start - last.end < 1):  # a cue that stays on screen, not repeated speech
            held.append(cue.text)
        last = cue if voices or not held[:-1] else Cue(cue.start, cue.end, cue.speaker or last.speaker, cue.text)
    if held:
        yield _paragraph(first, held)


def _begins_anew(cue: Cue, last: Cue, length: int, text: str) -> bool:
    if cue.text.startswith(("- ", "♪")) or cue.start - last.end > PAUSE_S or cue.start < last.start:
        return True
    return length > MAX_PARAGRAPH or (length > LONG_PARAGRAPH and text.endswith(_ENDS))


def _paragraph(first: Cue, texts: list[str]) -> str:
    seconds = int(first.start)
    time = f"[{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}]"
    return f"{time} {f'{first.speaker}: ' if first.speaker else ''}{' '.join(texts)}"


def _timed_cues(text: str) -> Iterator[tuple[float, float, list[str]]]:
    """Yields start, end and lines of each cue; a number or name above a timing belongs to it and is omitted."""
    timing: tuple[float, float] | None = None
    lines: list[str] = []
    blank = False
    for line in text.split("\n"):
        if (found := _TIMING.match(line)) and ("-->" in line or not lines or not lines[-1]):
            if timing is not None:
                if lines and not blank:
                    lines.pop()  # the number of the cue that begins here, with no blank line before it
                elif len(lines) > 1 and lines[-2] == "" and lines[-1]:
                    lines.pop()
                yield (*timing, [kept for kept in lines if kept])
            timing = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
            lines, blank = [], False
        elif timing is not None:
            lines.append(line.strip())
            blank = blank or not line.strip()
    if timing is not None:
        yield (*timing, [kept for kept in lines if kept])


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction or 0}")


def _speakers(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yields speaker and words of each part of a cue."""
    speaker, held = "", list[str]()
    for line in lines:
        voices = list(_VOICE.finditer(line))
        if voices:
            if before := _clean(line[: voices[0].start()]):
                held.append(before)
            for voice, following in zip(voices, [*voices[1:], None], strict=True):
                words = _clean(line[voice.end() : following.start() if following else None])
                if held and voice[1].strip() != speaker:
                    yield speaker, " ".join(held)
                    held = []
                speaker = html.unescape(voice[1].strip())
                held += [words] if words else []
            continue
        shown = _clean(line)
        undashed = _DASH.sub("", shown) if len(lines) > 1 else shown
        named = _NAMED.match(undashed)
        if held and (named or undashed != shown):
            yield speaker, " ".join(held)
            held, speaker = [], ""
        if named:
            speaker, shown = named[1], undashed[named.end() :]
        elif undashed != shown:
            shown = f"- {undashed}"
        held += [shown] if shown else []
    if held:
        yield speaker, " ".join(held)


def _clean(line: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", line)).split())
