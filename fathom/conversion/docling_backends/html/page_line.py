"""Collects the runs of a line of HTML and splits it into paragraphs, with white space as a browser shows it."""

from __future__ import annotations

import re

from fathom.conversion.docling_backends.formatted_runs import superscript
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, PLAIN, InlineStyle, Run

# Invisible: soft hyphens and possible line breaks.
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]+")
_LINE_ENDS = re.compile("[\u2028\u2029]")
# Padding characters of mail previews.
_PADDING = re.compile(r"(?:(?<=\s)|(?<![\s\S]))[\u034f\u200c\u200d\u2007]+(?=\s|\Z)")
_SHOWN_AS_NOTHING = f" {LINE_BREAK}\u200c\u200d\u034f"
_TWO_BREAKS = re.compile(rf"\s*{LINE_BREAK}\s*{LINE_BREAK}\s*")

StyledText = tuple[str, InlineStyle]


class HtmlLine:
    """The line that is being read."""

    def __init__(self) -> None:
        self._parts: list[StyledText] = []
        self.is_plain = True  # whether no run has a style

    def add(self, text: str, style: InlineStyle) -> None:
        """Adds text as in the source."""
        if not text.isascii():
            text = _LINE_ENDS.sub(" ", _UNSEEN.sub("", text))
        if text:
            self._parts.append((text, style))
            if style is not PLAIN:
                self.is_plain = False

    def add_break(self) -> None:
        """Adds a line break that the author set."""
        self._parts.append((LINE_BREAK, PLAIN))

    def end_word(self, sign: str) -> None:
        """Adds a sign directly behind the last word."""
        while self._parts and not self._parts[-1][0].strip():
            self._parts.pop()
        if self._parts:
            text, style = self._parts[-1]
            self._parts[-1] = (text.rstrip() + sign, style)

    @property
    def mark(self) -> int:
        """The number of runs."""
        return len(self._parts)

    def since(self, mark: int) -> str:
        """Returns the text of the runs behind the first `mark`."""
        return "".join(text for text, _ in self._parts[mark:])

    @property
    def is_blank(self) -> bool:
        """Whether the line shows nothing."""
        return not any(text.strip() for text, _ in self._parts)

    def ending(self) -> str:
        """Returns the text of the last run."""
        return self._parts[-1][0] if self._parts else ""

    def take(self, most: int) -> list[list[Run]]:
        """Returns the paragraphs of the line, separated by two line breaks, and begins a new line.

        A single line break stays as LINE_BREAK; other white space becomes a blank. Adjacent runs differ in style.
        A line of more than `most` runs loses their styles.
        """
        parts, was_plain = self._parts, self.is_plain
        if not parts:
            return []
        self._parts, self.is_plain = [], True
        if was_plain:
            return [[Run(text)] for text in _plain_paragraphs("".join(text for text, _ in parts))]
        if len(parts) > most:
            return [[Run(text)] for text in _plain_paragraphs(_strip_formatting(parts))]
        paragraphs = [_join(paragraph) for paragraph in _split_paragraphs(parts)]
        return [runs for runs in paragraphs if any(run.text.strip(_SHOWN_AS_NOTHING) for run in runs)]


def _plain_paragraphs(text: str) -> list[str]:
    if LINE_BREAK not in text:
        paragraphs = [" ".join(text.split())]
    else:
        paragraphs = [
            LINE_BREAK.join(line for piece in whole.split(LINE_BREAK) if (line := " ".join(piece.split())))
            for whole in _TWO_BREAKS.split(text)
        ]
    if not text.isascii():
        paragraphs = [" ".join(_PADDING.sub("", paragraph).split(" ")).strip() for paragraph in paragraphs]
    return [paragraph for paragraph in paragraphs if paragraph]


def _strip_formatting(parts: list[StyledText]) -> str:
    texts: list[str] = []
    for text, style in parts:
        texts.append(superscript(text, texts[-1] if texts else "") if style.script == "super" else text)
    return "".join(texts)


def _split_paragraphs(parts: list[StyledText]) -> list[list[StyledText]]:
    """Returns the parts of each paragraph; a paragraph ends at two breaks with only blanks between."""
    paragraphs: list[list[StyledText]] = [[]]
    breaks = 0
    for part in parts:
        if part[0] == LINE_BREAK:
            breaks += 1
            if breaks == 2:
                paragraphs.append([])
            elif breaks == 1:
                paragraphs[-1].append(part)
            continue
        if breaks and part[0].strip():
            breaks = 0
        paragraphs[-1].append(part)
    return paragraphs


def _join(parts: list[StyledText]) -> list[Run]:
    """Joins parts of the same style and collapses white space, which goes to the unformatted part of two neighbours."""
    texts: list[list[str]] = []
    styles: list[InlineStyle] = []
    gap = ""
    for text, style in parts:
        if text == LINE_BREAK:
            gap = LINE_BREAK
            continue
        shown = text if style.formula else " ".join(text.split())
        if not shown:
            gap = gap or " "
            continue
        if not gap and text[0].isspace():
            gap = " "
        if not styles:
            gap = ""
        if styles and styles[-1] == style and not style.formula:
            texts[-1] += [gap, shown]
        else:
            if gap and styles[-1] == PLAIN:
                texts[-1].append(gap)
                gap = ""
            elif gap and style != PLAIN:
                texts.append([gap])
                styles.append(PLAIN)
                gap = ""
            texts.append([gap, shown])
            styles.append(style)
        gap = " " if text[-1].isspace() and not style.formula else ""
    return [Run("".join(pieces), style) for pieces, style in zip(texts, styles, strict=True)]
