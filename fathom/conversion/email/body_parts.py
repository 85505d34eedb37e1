"""Selects the parts of a mail to read: the best rendition of each alternative, calendars, and a list of unread parts.

Docling 2.142.1 reads the HTML of a mail only if it has no plain text; not needed once it compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Literal

from fathom.conversion.docling_backends.html.page import HtmlPageContent, read_page
from fathom.conversion.docling_backends.markup.markup_blocks import (
    Cell,
    Code,
    Footnote,
    Formula,
    ItemList,
    ListItem,
    MarkupBlock,
    MarkupHeading,
    MarkupTable,
    Paragraph,
    Picture,
)
from fathom.conversion.docling_backends.markup.markup_inline import Run
from fathom.conversion.email.attachments import CALENDARS, LEFT_OUT, MESSAGE, part_name
from fathom.conversion.email.charsets import decode_bytes, text_of
from fathom.conversion.email.plain_body import paragraphs_of, strip_enriched_tags

MAX_DEPTH = 40
# An alternative with less than this share of the other's words is a stub.
STUB_SHARE = 0.5
MORE_WORDS = 1.2
# Share of the plain text's words that equivalent HTML may lack.
MAX_MISSING_SHARE = 0.4
# A short plain text that shares few words with the HTML is a placeholder, unless the HTML is almost empty.
MAX_STUB_WORDS = 40
MAX_STUB_SHARED = 0.25
MIN_OTHER_WORDS = 2

_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification"})
# Media types `text/…` that are unreadable without a program that shows them.
_NO_PLAIN_TEXTS = frozenset({"text/rtf", "text/css", "text/javascript"})
_HTML = re.compile(r"<(?:html|body|p|div|br|table)\b[^<>]*>", re.I)
_PAGE = re.compile(r"\s*(?:<!doctype html\b[^>]*>\s*)?<html\b[^>]*>", re.I)
_WORD = re.compile(r"\w+")
_URL = re.compile(r"https?://\S+")


@dataclass(slots=True)
class BodyPart:
    """A part that is read: plain paragraphs, a page of HTML or the text of a calendar."""

    kind: Literal["plain", "html", "calendar"]
    paragraphs: list[str] = field(default_factory=list[str])
    page: HtmlPageContent = field(default_factory=HtmlPageContent)
    calendar: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether the part has no text."""
        return not (self.paragraphs or self.page.blocks or self.calendar.strip())


@dataclass(slots=True)
class MailContent:
    """The parts to read in their order; `pictures` and `untaken` name the parts that are not read."""

    parts: list[BodyPart] = field(default_factory=list[BodyPart])
    pictures: list[str] = field(default_factory=list[str])
    untaken: list[str] = field(default_factory=list[str])
    is_saved_page: bool = False


def content_of(mail: Message[str, str]) -> MailContent:
    """Returns the content of the mail, from which attachments other than calendars have been removed."""
    found = MailContent(is_saved_page=is_saved_page(mail))
    found.parts = [part for part in _read(mail, found, 0) if not part.is_blank]
    return found


def is_saved_page(mail: Message[str, str]) -> bool:
    """Returns whether the mail is a page saved by a browser (MHTML), without sender and recipient."""
    if mail.get("Snapshot-Content-Location") or "<saved by" in str(mail.get("From", "")).lower():
        return True
    return (
        mail.get("To") is None
        and mail.get_content_type() == "multipart/related"
        and any(part.get_content_type() == "text/html" and part.get("Content-Location") for part in _inside(mail))
    )


def _read(part: Message[str, str], found: MailContent, depth: int) -> Iterator[BodyPart]:
    kind = part.get_content_type()
    if depth > MAX_DEPTH:
        found.untaken.append(f"parts nested more than {MAX_DEPTH} deep")
    elif kind == "multipart/alternative":
        yield from _read_alternative(part, found, depth)
    elif kind == "multipart/related":
        yield from _read_related(part, found, depth)
    elif kind in _REPORTS:
        yield BodyPart("plain", paragraphs=_report_lines(part))
    elif kind.startswith("multipart/") and not part.is_multipart():
        yield _read_undivided(part, found)
    elif part.is_multipart() and kind not in LEFT_OUT and kind != MESSAGE:
        for inner in _inside(part):
            yield from _read(inner, found, depth + 1)
    else:
        yield from _single(part, kind, found, {})


def _read_undivided(part: Message[str, str], found: MailContent) -> BodyPart:
    """Returns the text of a multipart part that has no parts because its boundary is missing."""
    inside = part.get_payload()
    text = inside if isinstance(inside, str) else ""
    text = decode_bytes(text.encode("utf-8", "surrogateescape"), None).replace("\r\n", "\n")
    if _HTML.search(text):
        return BodyPart("html", page=read_page(text, below_title=not found.is_saved_page))
    return BodyPart("plain", paragraphs=paragraphs_of(text))


def _report_lines(report: Message[str, str]) -> list[str]:
    """Returns the fields of a delivery report: a paragraph for the mail and for each recipient."""
    blocks = [block for block in _inside(report) if block.keys()]
    return ["\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in block.items()) for block in blocks]


def _single(part: Message[str, str], kind: str, found: MailContent, frames: dict[str, str]) -> Iterator[BodyPart]:
    if kind in CALENDARS:
        yield BodyPart("calendar", calendar=text_of(part))
    elif kind == "text/html":
        address = str(part.get("Content-Location") or "").strip() or None
        page = read_page(text_of(part), address=address, frames=frames, below_title=not found.is_saved_page)
        yield BodyPart("html", page=page)
    elif kind == "text/x-amp-html":
        return  # repeats the HTML beside it
    elif kind.startswith("text/") and kind not in LEFT_OUT and kind not in _NO_PLAIN_TEXTS:
        if kind == "text/plain" and _PAGE.match(text := text_of(part)):
            yield BodyPart("html", page=read_page(text, below_title=not found.is_saved_page))
        else:
            yield BodyPart("plain", paragraphs=_plain_paragraphs(part, kind))
    elif kind.startswith("image/"):
        found.pictures.append(part_name(part) or kind)
    elif kind == MESSAGE and not any(inner.keys() or str(inner.get_payload()).strip() for inner in _inside(part)):
        return  # the rest of a digest whose mails are attachments
    elif not part.is_multipart() or kind in LEFT_OUT or kind == MESSAGE:
        found.untaken.append(part_name(part) or kind)


def _plain_paragraphs(part: Message[str, str], kind: str) -> list[str]:
    text = text_of(part)
    if kind in ("text/enriched", "text/richtext"):
        text = strip_enriched_tags(text)
    flowed = str(part.get_param("format") or "").lower() == "flowed"
    return paragraphs_of(text, flowed=flowed, deletes_space=str(part.get_param("delsp") or "").lower() == "yes")


def _read_alternative(part: Message[str, str], found: MailContent, depth: int) -> Iterator[BodyPart]:
    """Yields the fullest rendition, then the calendars, whose content need not be in any rendition."""
    renditions: list[list[BodyPart]] = []
    calendars: list[BodyPart] = []
    for inner in _inside(part):
        parts = [part for part in _read(inner, found, depth + 1) if not part.is_blank]
        calendars += [part for part in parts if part.kind == "calendar"]
        if rest := [part for part in parts if part.kind != "calendar"]:
            renditions.append(rest)
    plain = [rendition for rendition in renditions if all(part.kind == "plain" for part in rendition)]
    rich = [rendition for rendition in renditions if rendition not in plain]
    if rich and (not plain or is_richer(rich[-1], plain[-1])):
        yield from rich[-1]
    elif plain:
        yield from plain[-1]
    yield from calendars


def is_richer(rich: list[BodyPart], plain: list[BodyPart]) -> bool:
    """Returns whether to read the HTML: it has more words, or tables, headings, lists or links that the plain text lacks."""
    written = "\n".join(paragraph for part in plain for paragraph in part.paragraphs)
    plain_words = [word.lower() for word in _WORD.findall(_URL.sub(" ", written))]
    blocks = [block for part in rich for block in part.page.blocks]
    runs = list(_runs(blocks))
    shown = " ".join(run.text for run in runs)
    rich_words = [word.lower() for word in _WORD.findall(_URL.sub(" ", shown))]
    if not plain_words or len(rich_words) >= MORE_WORDS * len(plain_words):
        return bool(rich_words)
    shared = set(plain_words) & set(rich_words)
    has_structure = any(isinstance(block, MarkupHeading | MarkupTable | ItemList) for block in blocks)
    is_other = len(plain_words) <= MAX_STUB_WORDS and len(shared) <= MAX_STUB_SHARED * len(set(rich_words))
    if is_other and (has_structure or len(rich_words) + len(_URL.findall(shown)) >= MIN_OTHER_WORDS):
        return True  # the plain text is a notice: "Your program shows no HTML."
    if len(rich_words) < STUB_SHARE * len(plain_words):
        return False
    missing = set(plain_words) - set(rich_words)
    if len(rich_words) < len(plain_words) and len(missing) > MAX_MISSING_SHARE * len(set(plain_words)):
        return False
    return has_structure or any(run.style.link and run.style.link not in written for run in runs)


def _runs(blocks: list[MarkupBlock]) -> Iterator[Run]:
    waiting: list[MarkupBlock | Cell | ListItem] = list(reversed(blocks))
    while waiting:
        block = waiting.pop()
        match block:
            case MarkupHeading() | Paragraph() | Footnote():
                yield from block.runs
            case ItemList():
                waiting.extend(reversed(block.items))
            case Cell() | ListItem():
                waiting.extend(reversed(block.blocks))
            case MarkupTable():
                yield from block.caption
                waiting.extend(cell for row in reversed(block.rows) for cell in reversed(row))
            case Picture():
                yield from block.caption
            case Code():
                yield from (*block.caption, *([Run(block.text)] if block.text else []))
            case Formula() if block.text:
                yield Run(block.text)


def _read_related(part: Message[str, str], found: MailContent, depth: int) -> Iterator[BodyPart]:
    """Yields the root part of multipart/related with the pages of its frames; the other parts are its resources."""
    inside = _inside(part)
    start = str(part.get_param("start") or "").strip("<> ")
    root = next((inner for inner in inside if start and _content_id(inner) == start), None)
    root = root or next((inner for inner in inside if inner.get_content_maintype() in ("text", "multipart")), None)
    if root is None:
        return
    others = [inner for inner in inside if inner is not root]
    if root.get_content_type() == "text/html":
        yield from _single(root, "text/html", found, _frames(others))
    else:
        yield from _read(root, found, depth + 1)
    for other in others:
        kind = other.get_content_type()
        if kind.startswith("image/"):
            found.pictures.append(part_name(other) or kind)
        elif kind in CALENDARS:
            yield BodyPart("calendar", calendar=text_of(other))
        elif kind not in ("text/html", "text/css") and not other.is_multipart():
            found.untaken.append(part_name(other) or kind)


def _frames(parts: list[Message[str, str]]) -> dict[str, str]:
    frames: dict[str, str] = {}
    for part in parts:
        if part.get_content_type() == "text/html":
            text = text_of(part)
            for name in (_content_id(part), str(part.get("Content-Location") or "").strip()):
                if name:
                    frames.setdefault(name.removeprefix("cid:"), text)
    return frames


def _content_id(part: Message[str, str]) -> str:
    return str(part.get("Content-ID") or "").strip("<> \t\r\n")


def _inside(part: Message[str, str]) -> list[Message[str, str]]:
    inside = part.get_payload()
    return [inner for inner in inside if isinstance(inner, Message)] if isinstance(inside, list) else []
