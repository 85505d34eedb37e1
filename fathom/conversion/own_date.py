"""Reads a file's own date: from its metadata, the headers of a mail, front matter, or a page's text and metadata.

The day of its creation counts, else that of its last change. Dates that programs and templates leave behind, and dates
before computers or after today, are ignored.
"""

from __future__ import annotations

import email
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path

from lxml import etree

from fathom.calendar.spans import span_of
from fathom.conversion.report import DocumentKind, OwnDate

_MAX_XML = 1_000_000  # bytes of a part of metadata
_MAX_HEAD = 500_000  # bytes of a page or text that are looked through
_MAX_META = 2_000
_EARLIEST = 1950

# Left by templates of python-docx and python-pptx, and the first days of clocks and calendars.
_LEFT_BEHIND = frozenset(
    (
        *(datetime(2013, 12, 23, 23, 15, tzinfo=UTC), datetime(2013, 1, 27, 9, 14, 16, tzinfo=UTC)),
        *(datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 1980, 2000)),
    )
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def own_date(path: Path, kind: DocumentKind) -> OwnDate | None:
    """Returns the file's own date with its source; None where it has none, or the date cannot be read."""
    read = _READERS.get(kind)
    if read is None:
        return None
    try:
        for said, source in read(path):
            if (at := _moment(said)) is not None:
                return OwnDate(at=at.isoformat(), source=source)
    except (
        OSError,
        ValueError,
        KeyError,
        RuntimeError,
        LookupError,
        RecursionError,
        zipfile.BadZipFile,
        etree.XMLSyntaxError,
    ):
        return None  # a document whose metadata is damaged is converted all the same
    return None


DateCandidates = Iterator[tuple[str, str]]  # dates as they are written, the best first, each with its source


def _moment(said: str) -> datetime | None:
    text = " ".join(said.split())
    if not text or len(text) > 80:
        return None
    try:
        at = datetime.fromisoformat(text) if _ISO.match(text) else parsedate_to_datetime(text)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        span = span_of(text)
        if span is None:
            return None
        at = span.begins
    if at in _LEFT_BEHIND or at.year < _EARLIEST or at > datetime.now(UTC) + timedelta(days=1):
        return None
    return at


def _of_pdf(path: Path) -> DateCandidates:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        for name in ("CreationDate", "ModDate"):
            found = re.match(
                r"\s*(?:D:)?(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:(Z|[+-])(?:(\d{2})'?(\d{2})?)?)?",
                document.get_metadata_value(name),
            )
            if found is None:
                continue
            year, month, day, hour, minute, second, sign, *zone = found.groups()
            if not (month and day):
                yield (f"{year}-{month}" if month else year), "PDF metadata"
                continue
            offset = f"{sign}{zone[0]}:{zone[1] or '00'}" if sign in ("+", "-") and zone[0] else "+00:00"
            yield f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{offset}", "PDF metadata"
    finally:
        document.close()


def _of_parts(*parts: tuple[str, tuple[str, ...], str]) -> Callable[[Path], DateCandidates]:
    """Returns a reader of XML parts of a ZIP file: each by its name, its elements' names, and the source's name."""

    def read(path: Path) -> DateCandidates:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            for wanted, elements, called in parts:
                for name in [
                    candidate for candidate in names if candidate == wanted or (wanted[0] == "." and candidate.endswith(wanted))
                ][:5]:
                    if archive.getinfo(name).file_size > _MAX_XML:
                        continue
                    root = _parsed(archive.read(name))
                    for element in elements:
                        yield from ((node.text or "", called) for node in root.iter(element))

    return read


def _parsed(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _of_mail(path: Path) -> DateCandidates:
    from fathom.conversion.email.mail_headers import header_text, repair_headers
    from fathom.conversion.email.outlook import mail_bytes

    mail = email.message_from_bytes(repair_headers(mail_bytes(path)), policy=policy.compat32)
    yield header_text(mail, "Date"), "mail header"
    for received in mail.get_all("Received", [])[:1]:
        yield str(received).rpartition(";")[2], "mail header"


class _Head(HTMLParser):
    """Collects the dates of a page: by the name of each meta element, and in JSON for search engines."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._json: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handles a meta element, the page's time of publication, or the beginning of JSON."""
        given = {name: value or "" for name, value in attrs}
        if tag == "meta" and len(self.found) < _MAX_META:
            name = given.get("property") or given.get("name") or given.get("itemprop") or given.get("http-equiv") or ""
            self.found.setdefault(name.casefold(), given.get("content", ""))
        elif tag == "time" and ("pubdate" in given or "datepublished" in given.get("itemprop", "").casefold()):
            self.found.setdefault("time", given.get("datetime", ""))
        elif tag == "script" and given.get("type", "").casefold() == "application/ld+json":
            self._json = []

    def handle_data(self, data: str) -> None:
        """Collects a piece of the JSON."""
        if self._json is not None:
            self._json.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Handles the end of the JSON."""
        if tag == "script" and self._json is not None:
            for name in ("datePublished", "dateCreated", "dateModified"):
                if found := re.search(rf'"{name}"\s*:\s*"([^"]{{4,60}})"', "".join(self._json)):
                    self.found.setdefault(name.casefold(), found[1])
            self._json = None


_META = (
    *("article:published_time", "datepublished", "dc.date.issued", "dcterms.issued", "citation_publication_date"),
    *("citation_date", "dc.date.created", "dcterms.created", "dc.date", "dcterms.date", "date", "pubdate", "publish_date"),
    *("publication_date", "parsely-pub-date", "sailthru.date", "time", "datecreated", "og:published_time", "created"),
    *("article:modified_time", "datemodified", "dcterms.modified", "last-modified", "revised"),
)


def _of_html(path: Path) -> DateCandidates:
    head = _Head()
    head.feed(_text(path))
    yield from ((head.found[name], "HTML metadata") for name in _META if name in head.found)


def _of_markdown(path: Path) -> DateCandidates:
    text = _text(path).replace("\r\n", "\n")
    block = re.match(r"\s*(?:---|\+\+\+)[ \t]*\n(.*?)\n(?:---|\+\+\+|\.\.\.)[ \t]*(?:\n|$)", text, re.DOTALL)
    if block is not None:
        yield from _named(block[1], "front matter")
    elif text.lstrip().startswith("{"):
        try:
            given, _ = json.JSONDecoder().raw_decode(text.lstrip())
        except ValueError:
            return
        yield from ((str(given[name]), "front matter") for name in _NAMES if isinstance(given, dict) and name in given)


def _of_asciidoc(path: Path) -> DateCandidates:
    head = _text(path)[:20_000]
    for name in ("revdate", "docdate", "date"):
        if found := re.search(rf"^:{name}:[ \t]*(\S.*)$", head, re.MULTILINE):
            yield found[1], "document header"
    if found := re.search(r"^= .+\n(?:.+<.+>.*\n)?(?:v[\d.]+,\s*)?(\d{4}-\d{2}-\d{2})\b", head, re.MULTILINE):
        yield found[1], "document header"


def _of_latex(path: Path) -> DateCandidates:
    if found := re.search(r"^[^%\n]*\\date\{([^{}\\]{3,60})\}", _text(path), re.MULTILINE):
        yield found[1], "document header"


def _of_jats(path: Path) -> DateCandidates:
    for block in re.findall(r"<pub-date\b[^>]*>.*?</pub-date>", _text(path), re.DOTALL)[:5]:
        parts = [re.search(rf"<{name}>\s*(\d+)\s*</{name}>", block) for name in ("year", "month", "day")]
        if parts[0]:
            yield "-".join(part[1].zfill(2) for part in parts if part), "publication date"


def _of_notebook(path: Path) -> DateCandidates:
    found = re.search(r'"(?:date|created)"\s*:\s*"([^"]{4,40})"', _text(path)[-20_000:])
    if found:
        yield found[1], "notebook metadata"


def _of_image(path: Path) -> DateCandidates:
    from PIL import Image

    with Image.open(path) as picture:
        exif = picture.getexif()
        said = [exif.get_ifd(0x8769).get(0x9003), exif.get(0x0132)]
    for value in said:
        if isinstance(value, str) and (found := re.match(r"(\d{4}):(\d{2}):(\d{2})[ T](\d{2}:\d{2}:\d{2})", value)):
            yield f"{found[1]}-{found[2]}-{found[3]}T{found[4]}", "picture metadata"


_NAMES = ("date", "published", "publishdate", "pubdate", "created", "datum", "lastmod", "updated")


def _named(block: str, source: str) -> DateCandidates:
    given = {
        found[1].casefold(): found[2].strip(" \t\"'")
        for line in block.splitlines()
        if (found := re.match(r"([A-Za-z_-]+)\s*[:=]\s*(.+)$", line))
    }
    yield from ((given[name], source) for name in _NAMES if name in given)


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        data = stream.read(_MAX_HEAD)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(encoding, "replace")


_DCTERMS, _DC = "{http://purl.org/dc/terms/}", "{http://purl.org/dc/elements/1.1/}"
_OFFICE = _of_parts(("docProps/core.xml", (f"{_DCTERMS}created", f"{_DCTERMS}modified"), "Office metadata"))
_OPEN = _of_parts(
    (
        "meta.xml",
        ("{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}creation-date", f"{_DC}date"),
        "OpenDocument metadata",
    )
)
_READERS: dict[DocumentKind, Callable[[Path], DateCandidates]] = {
    DocumentKind.PDF: _of_pdf,
    **dict.fromkeys((DocumentKind.DOCX, DocumentKind.PPTX, DocumentKind.XLSX), _OFFICE),
    **dict.fromkeys((DocumentKind.ODT, DocumentKind.ODP, DocumentKind.ODS), _OPEN),
    DocumentKind.EPUB: _of_parts((".opf", (f"{_DC}date",), "EPUB metadata")),
    DocumentKind.EMAIL: _of_mail,
    DocumentKind.HTML: _of_html,
    DocumentKind.MARKDOWN: _of_markdown,
    DocumentKind.TEXT: _of_markdown,
    DocumentKind.ASCIIDOC: _of_asciidoc,
    DocumentKind.LATEX: _of_latex,
    DocumentKind.JATS: _of_jats,
    DocumentKind.NOTEBOOK: _of_notebook,
    DocumentKind.IMAGE: _of_image,
}
