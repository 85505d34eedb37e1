"""Classifies a line or paragraph by its wording: sentence, heading, list item, table row, reference or boilerplate."""

from __future__ import annotations

import re
from typing import Literal

TextBlockKind = Literal["prose", "heading", "list", "table", "references", "boilerplate"]

# Unambiguous verb forms; a line with such a form is a statement.
_VERBS = (
    "is|are|was|were|be|been|being|am|isn't|aren't|wasn't|weren't|has|have|had|hasn't|haven't|hadn't|does|do|did|doesn't|don't|"
    "didn't|will|would|won't|can|could|cannot|can't|may|might|must|should|shall|said|says|became|becomes|made|makes|took|takes|"
    "gave|gives|went|goes|came|comes|met|chose|led|leads|held|holds|wrote|writes|told|began|begins|grew|built|bought|sold|"
    "founded|acquired|moved|joined|announced|appointed|signed|died|lives|lived|worked|works for|reported|"
    "est|sont|était|étaient|fut|furent|sera|seront|serait|a|ont|avait|avaient|eut|aura|peut|peuvent|doit|doivent|fait|font|dit|"
    "ist|sind|war|waren|wird|werden|wurde|wurden|hat|haben|hatte|hatten|kann|können|muss|müssen|"
    "es|son|era|eran|fue|fueron|está|están|ha|han|había|è|sono|fu|furono|hanno|é|são|foi|foram"
)
_FRENCH_A = re.compile(r"(?<![\w’'])a (?!(?:\w+ )?[A-ZÀ-Þ])\w+(?:é|i|u|is|it)\b")
_VERB = re.compile(rf"(?<![\w’'-])(?:{_VERBS.replace('|a|', '|')})(?![\w’'-])")
_LIKE_VERB = re.compile(r"(?<![\w’'-])[a-zà-ÿ]{2,}(?:ed|es|s|ait|aient|é|és|ée|te|ten|ó|aron|ieron)(?![\w’'-])")
_NO_CONTENT = frozenset(
    """
    a an and as at by for from in into of on or the to with de des du et la le les un une à au aux der die das und von im
    """.split()  # noqa: SIM905
)
_END = re.compile(r"[.!?…。！？](?:[\"'”’»)\]]|\s)*$")
_ITEM = re.compile(r"\s*(?:[-*+•◦‣▪●○–—·]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s+(?=\S)")
_MARKDOWN_HEADING = re.compile(r" {0,3}#{1,6}\s+\S")
_NUMBERED_HEADING = re.compile(
    r"(?:\d{1,2}\.){1,4}\d{0,2}\s+\S|(?:[IVX]{1,5}|[A-Z])\.\s+[A-ZÀ-Þ]|(?:§|Chapter|Section|Part|Annex|Appendix|Chapitre|Annexe|Kapitel)\s+[\dIVXA-Z]{1,4}\b"
)
_ROW = re.compile(r"\s*\|.*\|\s*$|[^|\n]*\S\s\|\s\S[^|\n]*\s\|\s.*$|[^\t\n]+\t[^\t\n]+\t[^\n]+$")
_RULE = re.compile(r"[\s|:+=_*~–—-]{3,}$")
_PAIR = re.compile(r"\s*[^\W_][^:|\n=]{0,48}?(?::\s+(?=\S)| = )\S")
_CAPTION = re.compile(
    r"\s*(?:Fig(?:ure|\.)?|Table|Tab\.|Exhibit|Chart|Scheme|Plate|Listing|Algorithm|Tableau|Abbildung|Abb\.|Tabelle|Figura|Tabla|"
    r"Photo|Photograph|Image)\s?(?:[A-Z]?\d{1,3}|[IVX]{1,4})(?:[.-]\d{1,2})?[a-z]?\s?(?:[.:|–—-]|$|[A-ZÀ-Þ]|\()"
)
_CONTENTS = re.compile(r"(?:\s?\.){4,}\s*\d{0,4}\s*$|…{2,}\s*\d{0,4}\s*$|\S(?:\s{3,}|\t)\d{1,4}\s*$|_{4,}")
_MENU = re.compile(
    r"(?i:home|about(?: us)?|contact(?: us)?|log ?in|sign ?(?:in|up)|log ?out|help|search|menu|privacy(?: policy)?|"
    r"terms(?: of (?:use|service))?|donate|edit|view(?: history| source)?|history|talk|read(?: more)?|main page|contents|"
    r"random article|subscribe|share|next|previous|cookies?(?: policy| statement)?|create account|current events|"
    r"community portal|recent changes|upload file|special pages|what links here|related changes|permanent link|"
    r"page information|cite this page|print(?:able version)?|download(?: as pdf)?|tools|navigation|toggle .*|skip to .*|"
    r"jump to .*|back to top|languages|article|settings|appearance|mobile view|developers|statistics|disclaimers|accueil|"
    r"rechercher|faire un don|se connecter|créer un compte|all rights reserved|news|blog|careers|faq|follow us|facebook|"
    r"twitter|linkedin|instagram|youtube|rss|email|sitemap)"
)
# Languages' names for themselves in menus of pages; the first word is enough.
_LANGUAGES = frozenset(
    """
    afrikaans alemannisch العربية asturianu azərbaycanca български বাংলা bosanski català čeština cymraeg dansk deutsch ελληνικά
    english esperanto español eesti euskara فارسی suomi français galego עברית हिन्दी hrvatski magyar հայերեն íslenska italiano
    日本語 ქართული қазақша 한국어 kurdî latina lietuvių latviešu македонски മലയാളം मराठी melayu nederlands norsk nynorsk bokmål
    occitan polski português română русский shqip slovenčina slovenščina српски svenska తెలుగు tagalog தமிழ் ไทย türkçe
    українська اردو tiếng volapük 中文 粵語 kiswahili gaeilge brezhoneg malti
    """.split()  # noqa: SIM905
)
REFERENCES = re.compile(
    r"\s*(?:#{1,6}\s+)?(?:[\dIVX]{1,4}\.?\s+)?(?i:references(?: and notes| cited)?|bibliography|literature(?: cited)?|"
    r"works cited|cited works|further reading|external links|notes(?: and references)?|footnotes|citations|sources|see also|"
    r"(?:selected )?publications|références|bibliographie|notes et références|liens externes|voir aussi|"
    r"literatur(?:verzeichnis)?|quellen|einzelnachweise|weblinks|referencias|bibliografía)\s*:?\s*$"
)
_SIGNS_OF_REFERENCE = (
    re.compile(r"\bet al\b"),
    re.compile(r"\(?\b(?:19|20)\d\d[a-z]?\)?\s?[.,;:]"),
    re.compile(r"\bpp?\.\s?\d|\bpages? \d+[-–]\d+|\b\d+\s?[-–]\s?\d+\.?$"),
    re.compile(r"\b[Vv]ol(?:ume|\.)\s?\d|\b\d+\s?\(\d+(?:[-–]\d+)?\)\s?[:,]|\b[Nn]o\.\s?\d|\b\d+:\s?\d+[-–]\d+"),
    re.compile(r"\bdoi\b|\barXiv\b|\bISBN\b|\bISSN\b|\bPMID\b|https?://|www\.", re.IGNORECASE),
    re.compile(
        r"\bProc(?:eedings|\.)|\bJournal\b|\bJ\. [A-Z]|\bTrans\.|\bConference on\b|\bIn [A-Z][\w ]+, pages\b|"
        r"\bUniversity Press\b|\bSpringer\b|\bElsevier\b|\bWiley\b"
    ),
    re.compile(r"\b[Rr]etrieved\b|\b[Aa]rchived from\b|\b[Aa]ccessed\b|\bConsulté le\b|\bLire en ligne\b"),
    re.compile(  # authors: `Lee, K., Min, S.`, `Boyd A, Njenga SM, `
        r"(?:[A-ZÀ-Þ][\w’'-]+,? (?:[A-Z]\.[ -]?){1,3}(?:,|;| and| &|\.|\()[^.]{0,40}){2}|(?:[A-ZÀ-Þ][\w’'-]+ [A-Z]{1,3}, ){2}|"
        r"^\W*[A-ZÀ-Þ][\w’'-]+, (?:[A-Z]\.[ -]?){1,3}"
    ),
    re.compile(r"^\s*(?:\[\d{1,3}\]|\^)\s"),
    re.compile(r"[“\"][^“”\"]{8,}[.,][”\"]"),
)
MAX_HEADING_WORDS = 16
_ET_AL = re.compile(r"\bet al\b")


def has_verb(text: str) -> bool:
    """Returns whether the words include an unambiguous verb form."""
    return _VERB.search(text) is not None or _FRENCH_A.search(text) is not None


def ends_a_sentence(text: str) -> bool:
    """Returns whether the text ends in a full stop or similar."""
    return _END.search(text[-12:]) is not None


def is_item(line: str) -> bool:
    """Returns whether the line begins with a list marker."""
    return _ITEM.match(line) is not None


def is_row(line: str) -> bool:
    """Returns whether the line is a table row, with cells separated by bars or tabs, or the rule below the header."""
    return (
        _ROW.match(line[:4000]) is not None and not ends_a_sentence(line)
        if "\t" in line
        else _ROW.match(line[:4000]) is not None
    )


def is_rule(line: str) -> bool:
    """Returns whether the line has only dashes, bars and similar characters."""
    return _RULE.match(line) is not None


def is_pair(line: str) -> bool:
    """Returns whether the line reads `column: value` or `name = value`."""
    match = _PAIR.match(line)
    return match is not None and len(match[0].split()) <= 8 and not has_verb(match[0])


def is_marked_heading(line: str) -> bool:
    """Returns whether Markdown or a number such as `3.2` marks the line as a heading."""
    return _MARKDOWN_HEADING.match(line) is not None


def is_menu_word(text: str) -> bool:
    """Returns whether the text is a common menu word of web pages, or a language's name for itself."""
    label = text.strip(" \t-*+•|·[]").casefold()
    return label in _LANGUAGES or label.split(" ")[0] in _LANGUAGES or (len(label) < 40 and _MENU.fullmatch(label) is not None)


def is_reference(raw: str, sure: int = 3) -> bool:
    """Returns whether at least `sure` signs of a bibliography entry stand in it, in proportion to its length."""
    signs = sum(sign.search(raw[:600]) is not None for sign in _SIGNS_OF_REFERENCE)
    return signs >= sure + (1 if has_verb(raw[:600]) else 0)


def kind_of_paragraph(raw: str, read: str, followed: bool) -> TextBlockKind:
    """Returns the kind of a paragraph, `raw` as written and `read` without markup; `followed` where other text comes after
    it.
    """
    words = read.split()
    if not any(c.isalpha() for c in read) or _CAPTION.match(read) or _CONTENTS.search(read[-200:]):
        return "boilerplate"
    if REFERENCES.match(raw) or is_marked_heading(raw):
        return "heading"
    if is_reference(raw):
        return "references"
    if _is_formula(read) or is_menu_word(read) or (len(words) <= 6 and _ET_AL.search(read)):
        return "boilerplate"
    if is_item(raw):
        return "list"
    content = [word for word in words if word[:1].islower() and word.strip(",;:") not in _NO_CONTENT]
    if ends_a_sentence(read):
        few = len(words) <= 3 and not content  # `Oslo.`, `3.2 Works.`
        return "heading" if few and followed else "prose"
    if read.rstrip().endswith((":", ",", ";", "-")) and len(words) > 3 and content:
        return "prose"
    if len(words) <= MAX_HEADING_WORDS and followed:
        numbered = _NUMBERED_HEADING.match(read.lstrip()) is not None
        return (
            "prose" if has_verb(read) and not numbered and content and len(words) > 4 and not _is_titled(words) else "heading"
        )
    if has_verb(read) or (len(words) <= MAX_HEADING_WORDS and len(words) > 2 and _LIKE_VERB.search(read)):
        return "prose"
    if not any(c.islower() for c in read) and any(ord(c) > 0x2E7F for c in read):  # scripts without spaces or case
        return "prose"
    if len(words) <= MAX_HEADING_WORDS:
        return "heading"
    return "prose" if 2 * len(content) >= len(words) else "boilerplate"


def _is_titled(words: list[str]) -> bool:
    """Returns whether every word except small words has a capital, as in titles."""
    return all(not word[:1].islower() or word in _NO_CONTENT or (_VERB.fullmatch(word) and len(word) <= 4) for word in words)


def _is_formula(read: str) -> bool:
    """Returns whether symbols and numbers outweigh the words."""
    letters = sum(map(str.isalpha, read))
    signs = sum(c in "=+<>^{}\\∑∏∫√≤≥≈∈∀∃→×÷±·∂λθαβγσμ" for c in read)
    digits = sum(map(str.isdigit, read))
    return signs * 8 > letters or (digits > letters and not ends_a_sentence(read))
