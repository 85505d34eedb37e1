"""Learns a document's running headers and footers from the lines that its pages repeat in their margins."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fathom.conversion.geometric.layout.page_content import HeaderFooterPatterns, PageContent, PageLine
from fathom.conversion.geometric.layout.running.margins import Margin, margins_of, usual_step
from fathom.conversion.geometric.layout.running.page_numbers import NumberedText, NumberPlacement, read_number
from fathom.conversion.geometric.layout.text_lines import join_words

# A text is a running header or footer if this share of the pages has it in the margin, or this share of the left or of the
# right pages. Where the texts of a height change by chapter, this share of the pages must have there a text that another page
# has, too.
SHARE = 0.5
MIN_PAGES = 2
BAND = 12.0
# Larger text than this, in the size of the body, is a heading; text that ends like a sentence is one, unless it is set smaller.
MAX_SIZE = 1.3
SMALLER = 0.93
SENTENCE = re.compile(r"[.,;:!?。，；：！？]['\"”’»)\]]*$")
ABBREVIATION = re.compile(r"(?:\b(?:inc|ltd|co|corp|llc|plc|gmbh|s\.a|al|eds?|vol|nos?|dept|univ|st)|reserved)\.$", re.I)
# Pages are printed from a form if so many of their words stand in the same places on other pages. Then only text
# within this share of the height from the edge, is small, and has more room than a blank line is in the margin.
FORM = 0.5
FORM_PAGES = 12
FORM_EDGE = 0.08
DIGITS = re.compile(r"\d")
# A number that a blank only parts from its text counts pages if so many pages say so.
MIN_COUNTED = 3


@dataclass(slots=True)
class _Entry:
    """A line in a page's margin."""

    page: int
    line: PageLine
    margin: Margin
    band: int
    number: NumberedText | None
    key: str = ""


@dataclass(slots=True)
class _Margins:
    entries: list[_Entry] = field(default_factory=list[_Entry])
    pages: int = 0


def learn_header_footer_patterns(pages: Sequence[tuple[int, PageContent]], size: float) -> HeaderFooterPatterns:
    """Returns the patterns of these pages of a document, each given with its number from 1; `size` is the body's."""
    step = usual_step((page for _, page in pages), size)
    form = _is_form([page for _, page in pages])
    nothing = HeaderFooterPatterns(step, len(pages) > 1, form)
    found = _Margins(pages=sum(bool(page.words) for _, page in pages))
    for number, page in pages:
        found.entries += _entries(number, page, size, nothing)
    counters = _counters(found, form=form)
    for entry in found.entries:
        entry.key = key_of(entry.line, entry.number, counters)
    counting = frozenset() if form else _counting_slots(found)
    slots = _slots(found) | counting
    return HeaderFooterPatterns(step, nothing.several, form, _repeated_texts(found), slots, _number_slots(found), counters)


def in_margin(
    line: PageLine, margins: Iterable[Margin], height: float, size: float, patterns: HeaderFooterPatterns
) -> Margin | None:
    """Returns the margin in which the line may be a header or footer; None if it is text like the page's."""
    for margin in margins:
        if not margin.holds(line.l, line.t, line.r, line.b) or line.size > MAX_SIZE * size:
            continue
        if patterns.form and not _small_print(line, margin, height, size, patterns.step):
            continue
        return margin
    return None


def ends_sentence(line: PageLine, size: float) -> bool:
    """Returns whether the line ends like a sentence, an address or a salutation, and is set like the body."""
    return line.size > SMALLER * size and bool(SENTENCE.search(line.text)) and not ABBREVIATION.search(line.text)


def band_of(line: PageLine, height: float) -> int:
    """Returns how far from the edge of the page the line stands."""
    return round(min(line.t, height - line.b) / BAND)


def key_of(line: PageLine, number: NumberedText | None, counters: frozenset[str]) -> str:
    """Returns the part that every page repeats of the line: its text, without the page's number."""
    if number is not None and number.text and counts_pages(number, counters):
        return number.text.casefold()
    return line.text.casefold().strip()


def counts_pages(number: NumberedText, counters: frozenset[str]) -> bool:
    """Returns whether the number at an end of a header or footer is the page's."""
    return number.placement is NumberPlacement.PHRASE or number.text.casefold() in counters


def _small_print(line: PageLine, margin: Margin, height: float, size: float, step: float) -> bool:
    near = line.b if margin.top else height - line.t
    small = line.size < 0.9 * size
    return near <= FORM_EDGE * height and line.size <= 1.05 * size and (small or margin.room > 1.05 * (2 * step - size))


def _entries(number: int, page: PageContent, size: float, nothing: HeaderFooterPatterns) -> list[_Entry]:
    margins = margins_of(page, size, nothing.step)
    entries = []
    for margin in margins:
        words = [word for word in page.words if margin.holds(word.l, word.t, word.r, word.b)]
        for line in join_words(words):
            if in_margin(line, (margin,), page.height, size, nothing) is not None:
                read = read_number(line.text)
                if ends_sentence(line, size) and (read is None or read.text):
                    continue
                if margin.close and nothing.form:
                    continue
                entries.append(_Entry(number, line, margin, band_of(line, page.height), read))
    return entries


def _is_form(pages: Sequence[PageContent]) -> bool:
    """Returns whether the pages are printed from a form: tickets, labels, certificates, invoices."""
    pages = [page for page in pages if page.words][:FORM_PAGES]
    if len(pages) < 2:
        return False
    places = [[(DIGITS.sub("#", word.text), round(word.l / 4), round(word.t / 4)) for word in page.words] for page in pages]
    seen = Counter(place for page in places for place in set(page))
    shares = [sum(seen[place] > 1 for place in page) / len(page) for page in places]
    return sum(shares) >= FORM * len(shares)


def _counters(found: _Margins, *, form: bool) -> frozenset[str]:
    """Returns the texts whose number counts the pages, in small letters."""
    numbers: dict[tuple[str, NumberPlacement], dict[int, int]] = defaultdict(dict)
    for entry in found.entries:
        if entry.number is not None and entry.number.text:
            numbers[entry.number.text.casefold(), entry.number.placement][entry.page] = entry.number.number
    counting = set()
    for (text, placement), by_page in numbers.items():
        if placement is not NumberPlacement.PHRASE and form:
            continue  # a serial number goes up with the pages, too
        if placement is NumberPlacement.BARE and len(by_page) < MIN_COUNTED:
            continue
        if len(by_page) >= MIN_PAGES and _count_up(by_page):
            counting.add(text)
    return frozenset(counting)


def _count_up(by_page: dict[int, int]) -> bool:
    """Returns whether the numbers go up with the pages."""
    offsets = Counter(number - page for page, number in by_page.items())
    return max(offsets.values()) >= max(MIN_PAGES, 0.8 * len(by_page))


def _repeated_texts(found: _Margins) -> frozenset[tuple[bool, str]]:
    """Returns (at the top, key) of the texts that most pages have, or most left or right pages."""
    pages: dict[tuple[bool, str], set[int]] = defaultdict(set)
    for entry in found.entries:
        if not (entry.number is not None and not entry.number.text):
            pages[entry.margin.top, entry.key].add(entry.page)
    running = set()
    for key, on in pages.items():
        one_side = len({page % 2 for page in on}) == 1
        if len(on) >= MIN_PAGES and len(on) >= SHARE * found.pages * (0.5 if one_side and found.pages > 3 else 1.0):
            running.add(key)
    return frozenset(running)


def _slots(found: _Margins) -> frozenset[tuple[bool, int]]:
    """Returns (at the top, band) of the heights where most pages have a text that another page has, too: titles of chapters."""
    pages: dict[tuple[bool, str], set[int]] = defaultdict(set)
    for entry in found.entries:
        pages[entry.margin.top, entry.key].add(entry.page)
    filled: dict[tuple[bool, int], set[int]] = defaultdict(set)
    for entry in found.entries:
        again = len(pages[entry.margin.top, entry.key]) >= MIN_PAGES
        if again and not entry.margin.close and not (entry.number is not None and not entry.number.text):
            filled[entry.margin.top, entry.band].add(entry.page)
    return frozenset(slot for slot, on in filled.items() if len(on) >= max(3, SHARE * found.pages))


def _counting_slots(found: _Margins) -> frozenset[tuple[bool, int]]:
    """Returns (at the top, band) of the heights where texts that differ end with the page's number."""
    numbers: dict[tuple[bool, int], dict[int, int]] = defaultdict(dict)
    for entry in found.entries:
        if entry.number is not None and entry.number.text and not entry.margin.close:
            numbers[entry.margin.top, entry.band][entry.page] = entry.number.number
    counting = {slot for slot, by_page in numbers.items() if len(by_page) >= MIN_COUNTED and _count_up(by_page)}
    return frozenset(counting)


def _number_slots(found: _Margins) -> frozenset[tuple[bool, int]]:
    """Returns (at the top, band) of the heights where lines are page numbers: they go up with the pages, or are named."""
    numbers: dict[tuple[bool, int], dict[int, NumberedText]] = defaultdict(dict)
    for entry in found.entries:
        if entry.number is not None and not entry.number.text:
            numbers[entry.margin.top, entry.band][entry.page] = entry.number
    slots = set()
    for slot, by_page in numbers.items():
        named = sum(number.named for number in by_page.values())
        values = {page: number.number for page, number in by_page.items()}
        chapters = [page for page in values if values.get(page + 1, 0) == values[page] + 1]  # 3-1, 3-2; then 4-1
        own = all(page == number for page, number in values.items())
        several = len(by_page) >= MIN_PAGES
        if (
            named
            or (several and (_count_up(values) or len(chapters) >= max(2, 0.3 * len(values))))
            or (own and found.pages > 1)
        ):
            slots.add(slot)
    return frozenset(slots)
