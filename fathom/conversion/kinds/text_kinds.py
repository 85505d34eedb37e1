"""Recognises the kind of a text by its content, and by its name only between kinds that look alike."""

from __future__ import annotations

import csv
import re
from pathlib import PurePath

from fathom.conversion.kinds.code_signs import is_code, statement_share
from fathom.conversion.kinds.kind_names import TEMPLATES, kind_by_name
from fathom.conversion.kinds.xml_faults import refuse_multiplying_entities
from fathom.conversion.report import DocumentKind
from fathom.errors import ArchiveBomb, UnknownFormat

# Lines of code outside fences, as a share of all, that a Markdown text has fewer of.
MAX_CODE_IN_MARKDOWN = 0.3

_BEFORE_MARKUP = r"\A\s*(?:<\?[^>]*\?>\s*|<!--.*?-->\s*)*"
_HTML = re.compile(_BEFORE_MARKUP + r"(?:<!doctype\s+html\b|<(?:html|head|body)\b)", re.I | re.S)
_XML = re.compile(r"\A\s*(?:<\?xml\b|<!doctype\s+(?!html\b)\w)", re.I)
_BARE_XML = re.compile(_BEFORE_MARKUP + r"<(?:article\b|[\w.:-]+\s[^>]*\bxmlns\b)")
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_TAG = re.compile(r"</?(?:p|div|table|ul|ol|h[1-6]|span|br|title|meta|section|article)\b[^>]*>", re.I)
_HEADER = re.compile(r"\A(?:>?From |>?[!-9;-~]+[ \t]*:[ \t])")
MAX_BROKEN_HEADERS = 2  # of a file whose name says that it is a mail
_MAIL_HEADERS = frozenset({
    "from", "to", "cc", "subject", "date", "message-id", "mime-version", "received", "return-path", "delivered-to", "reply-to",
    "content-type", "x-mailer", "in-reply-to",
})  # fmt: skip
_LATEX = re.compile(r"^[ \t]*\\(?:documentclass|documentstyle|begin\{document\})", re.M)
_MARKDOWN_SIGNS = (
    re.compile(r"^#{1,6} \S", re.M),
    re.compile(r"^```", re.M),
    re.compile(r"\[[^\]\n]+\]\([^)\n]+\)"),
    re.compile(r"^\s*[-*+] \S", re.M),
    re.compile(r"\*\*[^*\n]+\*\*"),
    re.compile(r"^\|?[ :-]*-{3,}[ :-]*\|", re.M),
)
_TEMPLATE = re.compile(r"<\?(?:php\b|=)|<%|\{[{%]|^<(?:template|script)\b", re.M)
_NOTEBOOK = re.compile(r'\A\s*\{(?=.*"cell_type"\s*:)(?=.*"(?:cells|worksheets)"\s*:)', re.S)
_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}"
_SUBTITLES = re.compile(
    rf"\A\s*(?:\[Script Info\]|WEBVTT(?:[ \t].*)?(?:\n|\Z)"
    rf"|(?:\d+[ \t]*\n)?[ \t]*{_TIME}[.,]\d{{1,3}}[ \t]*(?:-->|,)[ \t]*{_TIME})"
)
# XML that office programs write: a sign of it, its name for people, and advice.
_OFFICE_XML = (
    ("application/vnd.oasis.opendocument.text", "a flat OpenDocument text (FODT)", "Save it as ODT first."),
    (
        "application/vnd.oasis.opendocument.spreadsheet",
        "a flat OpenDocument spreadsheet (FODS)",
        "Save it as ODS or XLSX first.",
    ),
    ("application/vnd.oasis.opendocument.presentation", "a flat OpenDocument presentation (FODP)", "Save it as ODP first."),
    ("application/vnd.oasis.opendocument.graphics", "a flat OpenDocument drawing (FODG)", "Export it as PDF first."),
    ("urn:schemas-microsoft-com:office:spreadsheet", "an XML Spreadsheet 2003", "Save it as XLSX first."),
    ("schemas.microsoft.com/office/word/2003/wordml", "a Word 2003 XML document", "Save it as DOCX first."),
    ("schemas.microsoft.com/office/2006/xmlPackage", "a Word document as flat XML", "Save it as DOCX first."),
)
# Other XML that people upload, by its root.
_OTHER_XML = {
    "svg": ("an SVG drawing", "Export it as PDF first."),
    "rss": ("a news feed (RSS)", "Save the pages that it lists, and upload these."),
    "feed": ("a news feed (Atom)", "Save the pages that it lists, and upload these."),
    "tei": ("a TEI text", "Convert it to HTML first."),
    "book": ("a book in XML (DocBook or BITS)", "Convert it to HTML or EPUB first."),
    "article": ("an article in XML that is not JATS, such as DocBook", "Convert it to HTML first."),
    "pubmedarticleset": ("a list of PubMed's records", "Upload the articles themselves, as JATS or PDF."),
}
# Responses of archives that hold whole articles.
_HOLDS_ARTICLES = frozenset({"pmc-articleset", "oai-pmh", "record", "articles", "collection"})
_DELIMITERS = ",;\t|"


def kind_of_text(sample: str, name: str) -> DocumentKind:
    """Returns the kind of the text that begins with `sample` (some ten thousand characters) and is called `name`.

    Raises UnknownFormat for XML that is no article, ArchiveBomb for XML whose entities multiply.
    """
    suffix = PurePath(name).suffix.lower()
    named = kind_by_name(name)
    if named is DocumentKind.CODE and suffix in TEMPLATES and _TEMPLATE.search(sample):
        return DocumentKind.CODE
    if _HTML.match(sample):
        refuse_multiplying_entities(sample)
        return DocumentKind.HTML
    if _XML.match(sample) or _BARE_XML.match(sample) or (suffix == ".xml" and sample.lstrip().startswith("<")):
        return _kind_of_xml(sample)
    if named is DocumentKind.CODE:
        return DocumentKind.CODE
    if _LATEX.search(sample) and named in {None, DocumentKind.LATEX, DocumentKind.TEXT}:
        return DocumentKind.LATEX
    if _is_mail(sample, wanted=1 if named is DocumentKind.EMAIL else 3):
        return DocumentKind.EMAIL
    if _SUBTITLES.match(sample) or (named is DocumentKind.SUBTITLES and "-->" in sample):
        return DocumentKind.SUBTITLES
    if named is DocumentKind.NOTEBOOK or (named is None and _NOTEBOOK.match(sample)):
        return DocumentKind.NOTEBOOK if sample.lstrip().startswith("{") else DocumentKind.TEXT
    if named is DocumentKind.HTML:
        return DocumentKind.HTML if _TAG.search(sample) else DocumentKind.TEXT
    if named in {DocumentKind.EMAIL, DocumentKind.SUBTITLES}:
        return DocumentKind.TEXT
    return named if named is not None else _kind_by_shape(sample)


def _kind_by_shape(sample: str) -> DocumentKind:
    if len(_TAG.findall(sample)) >= 3 and sample.lstrip().startswith("<"):
        return DocumentKind.HTML
    if is_code(sample):
        return DocumentKind.CODE
    if (
        sum(1 for sign in _MARKDOWN_SIGNS if sign.search(sample)) >= 2
        and statement_share(sample, settings=True) < MAX_CODE_IN_MARKDOWN
    ):
        return DocumentKind.MARKDOWN
    return DocumentKind.CSV if _is_table(sample) else DocumentKind.TEXT


def _kind_of_xml(sample: str) -> DocumentKind:
    refuse_multiplying_entities(sample)
    prolog_free = re.sub(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", "", sample, flags=re.S | re.I)
    found = _ROOT.search(prolog_free)
    if found is None and "<!ENTITY" in sample:
        raise ArchiveBomb("It is XML that declares more entities, or longer ones, than any document has.")
    root = found.group(1).rpartition(":")[2].lower() if found else ""
    if root == "article" and re.search(r"<(?:\w+:)?(?:front|article-meta|body)\b|JATS|NLM//DTD", sample, re.I):
        return DocumentKind.JATS
    if root in _HOLDS_ARTICLES and re.search(r"<(?:\w+:)?article\b.*<(?:\w+:)?(?:article-meta|body)\b", sample, re.S):
        return DocumentKind.JATS
    if root == "html":
        return DocumentKind.HTML
    if root == "tt":
        return DocumentKind.SUBTITLES
    for sign, called, hint in _OFFICE_XML:
        if sign in sample:
            raise UnknownFormat(f"It is {called}.", hint=hint)
    if root in _OTHER_XML:
        called, hint = _OTHER_XML[root]
        raise UnknownFormat(f"It is {called}.", hint=hint)
    raise UnknownFormat(f"It is XML of a kind that is not converted (<{root[:60] or '?'}>).")


def _is_mail(sample: str, *, wanted: int) -> bool:
    """Returns True if the text opens with a header block that has `wanted` of the headers every message has."""
    seen: set[str] = set()
    broken = 0
    for number, line in enumerate(sample.lstrip("\ufeff\r\n").splitlines()[:200]):
        if not line.strip():
            break
        if line[0] in " \t" and number:
            continue
        if not _HEADER.match(line + " "):
            broken += 1
            if wanted > 1 or number == 0 or broken > MAX_BROKEN_HEADERS:
                return False
        seen.add(line.partition(":")[0].strip().lower())
    return len(seen & _MAIL_HEADERS) >= wanted


def _is_table(sample: str) -> bool:
    """Returns True if three or more lines split into the same number of cells, three or more, at one delimiter."""
    lines = [line for line in sample.splitlines()[:50] if line.strip()]
    if len(sample.splitlines()) > 1 and not sample.endswith("\n"):
        lines = lines[:-1] or lines  # the sample may break off within its last line
    if len(lines) < 3:
        return False
    for delimiter in _DELIMITERS:
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=delimiter)}
        except csv.Error:
            continue
        if len(widths) == 1 and widths.pop() >= 3:
            return True
    return False
