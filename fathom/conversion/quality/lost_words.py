"""Compares the words of a file's source with those of the document made from it, place by place."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from fathom.conversion.quality.comparable_words import pieces, words_of
from fathom.conversion.quality.forgiveness import (
    FIGURE,
    Hit,
    forgive_set_apart,
    forgive_shown_once,
    forgive_spacing,
    spans,
)
from fathom.conversion.quality.shown_text import ShownText
from fathom.conversion.quality.source_words.source_block import DIVIDED_HERE, SourceBlock
from fathom.conversion.quality.source_words.tex_text import greek_letters

# So many words in a row that are nowhere are a lost passage; a single word may have been read in two ways.
MIN_RUN = 2
# Of the words of a group of blocks that may be left out, the share that is shown if the group is not.
MIN_SHOWN = 0.6
# Of a block's words, the share within one text if the block is shown there; texts that have a distinctive word.
MIN_WITHIN = 0.8
MAX_PLACES = 20
MIN_TELLING = 3
# Of the words of a block that are no numbers, the share whose loss is the block's.
MIN_BLOCK_SHARE = 0.5
# Words that are missing singly are named as lost if there are more of them than this share of all.
MAX_SCATTERED = 0.0005
# Texts of headers, footers and slides that are looked for in the text; further texts are not compared.
MAX_REPEATED = 200
# Texts whose words are counted at a time.
BATCH = 500

DIVIDED = re.compile(rf"([^\W\d_]+){DIVIDED_HERE}([^\W\d_]+)")
DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class SourcePassage:
    """Words that follow each other in the source and are not in the document."""

    text: str
    where: str


@dataclass(slots=True)
class Comparison:
    """The count of the source's words, those that are missing (in its order, counted) and the passages that are lost.

    `apart`: how many of its words the document has set apart as running headers and page numbers.
    """

    words: int = 0
    apart: int = 0
    missing: Counter[str] = field(default_factory=Counter[str])
    lost: list[SourcePassage] = field(default_factory=list[SourcePassage])

    @property
    def recall(self) -> float | None:
        """The share of the words that are shown, those set apart not counted, 0-1; None where there are none to find."""
        wanted = self.words - self.apart
        return 1 - self.missing.total() / wanted if wanted else None

    @property
    def unshown(self) -> float | None:
        """The share of the words that are missing or set apart, 0-1; None where there are none."""
        return (self.missing.total() + self.apart) / self.words if self.words else None


def compare(
    source: Sequence[SourceBlock],
    shown: Sequence[ShownText],
    apart: Iterable[str] | None = None,
    *,
    has_formulas: bool = False,
) -> Comparison:
    """Finds the words of the source that are not shown, or fewer times.

    The order of words does not count, and neither do words that are shown and not in the source. `apart` are the texts that
    the document of a paged file sets apart: a running header is asked for once. `has_formulas`: signs of one or two
    letters count as shown wherever their letters are left over. A block is lost if most of its words are missing, part of it
    if `MIN_RUN` of its words in a row are.
    """
    source = _once(source)
    if has_formulas and apart is None:  # pages have the letters themselves
        shown = [replace(block, text=greek_letters(block.text)) if "\\" in block.text else block for block in shown]
    there = _ShownWords(shown)
    texts = _SourceWords(source, there)
    said = texts.blocks()
    wanted, left_over, same = _split_common_texts(texts, said, there)
    charted = texts.in_charts()
    found = Comparison(words=wanted.total() + same + charted.total())
    if any(block.in_sheet for block in said):
        wanted[FIGURE], left_over[FIGURE] = sum(map(_has_figure, said)), there.figures()
    # a chart's words may stand in the text, but the text's words are not found by standing in a chart
    missing = (wanted - left_over) + (charted - (left_over - wanted) - there.in_charts())
    if not missing:
        return found
    wanted += charted
    hits = [hit for hit in texts.in_blocks() if any(word in missing for word in hit.words)]
    surplus = left_over - wanted
    forgive_spacing(hits, missing, surplus, shown, by_letters=has_formulas, in_lines=apart is not None)
    found.apart = forgive_set_apart(hits, missing, there.words, apart or ())
    if apart is not None:
        forgive_shown_once(hits, missing, there.words, source)
    found.missing = Counter({word: missing[word] for hit in hits for word in hit.words if missing[word] > 0})
    del found.missing[FIGURE]
    found.lost = list(_lost(hits, missing, int(MAX_SCATTERED * found.words)))
    return found


def _once(source: Sequence[SourceBlock]) -> Sequence[SourceBlock]:
    """Returns the blocks with each text that pages or slides repeat once, and without those that another block says, too."""
    keys = {index: " ".join(words_of(block.text)) for index, block in enumerate(source) if block.repeated}
    if not keys:
        return source
    said = "\n".join(f" {' '.join(words_of(piece))} " for block in source if not block.repeated for piece in pieces(block.text))
    asked: dict[str, int] = {}
    for index, key in keys.items():
        if key and len(asked) < MAX_REPEATED:
            asked.setdefault(key, index)
    kept = {index for key, index in asked.items() if f" {key} " not in said}
    return [block for index, block in enumerate(source) if not block.repeated or index in kept]


def _split_common_texts(
    source: _SourceWords, said: Sequence[SourceBlock], shown: _ShownWords
) -> tuple[Counter[str], Counter[str], int]:
    """Returns (words of texts only in the source, words of texts only shown, number of words in texts that are in both).

    Nearly every cell of a workbook is both, and a text is found ten times as fast as its words.
    """
    there = Counter([text.text for text in shown.texts if not text.in_chart])
    only_said: list[str] = []
    same: list[str] = []
    for block in said:
        text = block.text
        if block.is_figure:
            continue
        if there.get(text, 0) > 0 and DIVIDED_HERE not in text:
            there[text] -= 1
            same.append(text)
        else:
            only_said.append(text)
    only_shown = [text for text, count in there.items() for _ in range(count)]
    return source.counted(only_said), _counted(only_shown), _number_of_words(same)


class _ShownWords:
    """The words of the texts that are shown, counted when they are first asked for."""

    def __init__(self, texts: Sequence[ShownText]) -> None:
        self.texts = texts

    @cached_property
    def words(self) -> Counter[str]:
        """How often each word is shown outside charts."""
        return _counted([text.text for text in self.texts if not text.in_chart])

    def in_charts(self) -> Counter[str]:
        """Returns how often each word is in a chart."""
        return _counted([text.text for text in self.texts if text.in_chart])

    def figures(self) -> int:
        """Returns how many texts have a number in them, headings and charts aside."""
        return sum(not (text.is_heading or text.in_chart) and DIGIT.search(text.text) is not None for text in self.texts)


class _SourceWords:
    """The source's blocks as words; read a second time only where some are missing, since all together are many."""

    def __init__(self, source: Sequence[SourceBlock], shown: _ShownWords) -> None:
        self._left_out: set[str] = set()
        self._source = source
        self._shown = shown

    def blocks(self) -> list[SourceBlock]:
        """Returns the blocks outside charts, without the groups that are left out."""
        groups: dict[str, list[SourceBlock]] = defaultdict(list)
        found: list[SourceBlock] = []
        for block in self._source:
            if block.group:
                groups[block.group].append(block)
            elif not block.in_chart:
                found.append(block)
        if not groups:
            return found
        is_shown = _Finder(self._shown.texts)
        for block in found:
            is_shown.take(list(self._words(block.text)))
        for name, blocks in groups.items():
            if self._share_shown(blocks, is_shown) >= MIN_SHOWN:
                found += blocks
                for block in blocks:
                    is_shown.take(list(self._words(block.text)))
            else:
                self._left_out.add(name)
        return found

    def in_charts(self) -> Counter[str]:
        """Returns how often each word is in a chart."""
        return self.counted([block.text for block in self._source if block.in_chart])

    def _share_shown(self, blocks: Sequence[SourceBlock], is_shown: _Finder) -> float:
        """Returns the share of the group's words that stand in blocks which are shown as they are."""
        words = [list(self._words(block.text)) for block in blocks]
        total = sum(map(len, words))
        return sum(len(said) for said in words if said and is_shown(said)) / total if total else 0.0

    def counted(self, texts: Sequence[str]) -> Counter[str]:
        """Returns how often each word is in the texts."""
        counted: Counter[str] = Counter()
        for text in _batches(texts):
            counted.update(self._words(text))
        return counted

    def in_blocks(self) -> Iterator[Hit]:
        """Yields each block with its words and those beside it."""
        before = ""
        held: tuple[SourceBlock, list[str]] | None = None
        for block in self._source:
            if block.group in self._left_out:
                continue
            words = [] if block.is_figure else list(self._words(block.text))
            if held is not None:
                yield _hit(held, before, words[0] if words else "")
                before = held[1][-1] if held[1] else ""
            held = block, words
        if held is not None:
            yield _hit(held, before, "")

    def _words(self, text: str) -> Iterator[str]:
        """Yields the words; divided words joined where the document has them so."""
        for piece in pieces(text):
            if DIVIDED_HERE in piece:
                piece = DIVIDED.sub(self._joined, piece).replace(DIVIDED_HERE, " ")
            yield from words_of(piece)

    def _joined(self, halves: re.Match[str]) -> str:
        joined = "".join(halves.groups())
        return joined if all(self._shown.words[word] for word in words_of(joined)) else f"{halves[1]} {halves[2]}"


class _Finder:
    """Returns whether words are a text that is shown and that no other block has taken, or nearly all of them within one."""

    def __init__(self, shown: Sequence[ShownText]) -> None:
        self._texts = [words_of(piece) for text in shown for piece in pieces(text.text)]
        self._whole = Counter("".join(words) for words in self._texts)
        self._taken: set[str] = set()
        self._places: dict[str, list[int]] = defaultdict(list)
        for index, words in enumerate(self._texts):
            for word in set(words):
                if len(self._places[word]) <= MAX_PLACES:
                    self._places[word].append(index)

    def take(self, words: Sequence[str]) -> None:
        """Takes one of the texts that have just these words, for a block that has them."""
        text = "".join(words)
        if self._whole[text] > 0:
            self._whole[text] -= 1
            self._taken.add(text)

    def __call__(self, words: Sequence[str]) -> bool:
        text = "".join(words)
        if self._whole[text] > 0:
            return True
        if len(words) < MIN_TELLING or text in self._taken:
            return False
        telling = [word for word in set(words) if 0 < len(self._places.get(word, ())) <= MAX_PLACES]
        likely = Counter(place for word in telling for place in self._places[word]).most_common(1)
        if not likely:
            return False
        within = Counter(words) & Counter(self._texts[likely[0][0]])
        return within.total() >= MIN_WITHIN * len(words)


def _hit(held: tuple[SourceBlock, list[str]], before: str, after: str) -> Hit:
    block, words = held
    return Hit(block, [*words, FIGURE] if _has_figure(block) else words, before, after)


def _has_figure(block: SourceBlock) -> bool:
    return block.in_sheet and (block.is_figure or DIGIT.search(block.text) is not None)


def _counted(texts: Sequence[str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for text in _batches(texts):
        for piece in pieces(text):
            counted.update(words_of(piece))
    return counted


def _number_of_words(texts: Sequence[str]) -> int:
    return sum(len(words_of(piece)) for text in _batches(texts) for piece in pieces(text))


def _batches(texts: Sequence[str]) -> Iterator[str]:
    """Yields the texts, so many at a time that finding words takes no longer than it must."""
    return ("\n".join(texts[first : first + BATCH]) for first in range(0, len(texts), BATCH))


def _lost(hits: Sequence[Hit], missing: Counter[str], allowed: int) -> Iterator[SourcePassage]:
    """Yields the blocks most of whose words are missing, the runs of missing words in others, and, if they are more than
    `allowed`, the single words; in their order.

    Of several blocks with the same words, the first is named as lost: the words do not tell which it was.
    """
    left = +missing
    lost: list[tuple[int, str]] = []
    single: list[tuple[int, str]] = []
    for index in sorted(range(len(hits)), key=lambda index: _rank(hits[index].words, left)):
        words = hits[index].words
        gone = Counter(words) & left
        if _is_most(gone, words):
            lost.append((index, hits[index].block.text))
            left.subtract(gone)  # and no `-=`, which looks at every word there is
            continue
        for first, last in spans(words, left):
            run = Counter(words[first:last]) & left
            if run.total() >= MIN_RUN:
                lost.append((index, " ".join(words[first:last])))
            elif run:
                single.append((index, words[first]))
            left.subtract(run)
    if len(single) > allowed:
        lost += single
    yield from (SourcePassage(" ".join(text.split()), hits[index].block.where) for index, text in sorted(lost))


def _is_most(gone: Counter[str], words: Sequence[str]) -> bool:
    """Tells whether the missing words are most of the block; numbers, which stand everywhere, count if it has nothing else."""
    telling = [word for word in words if not word.isdecimal()] or words
    missing = sum((Counter(telling) & gone).values())
    return 0 < missing >= MIN_BLOCK_SHARE * len(telling)


def _rank(words: Sequence[str], missing: Counter[str]) -> tuple[float, int]:
    """Sorts blocks that are missing to the greatest share first, of these the longest."""
    return -sum((Counter(words) & missing).values()) / max(1, len(words)), -len(words)
