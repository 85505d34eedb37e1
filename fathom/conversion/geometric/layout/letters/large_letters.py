"""Reads letters that are much larger than the text around them: initials of paragraphs, words painted behind a text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from fathom.conversion.geometric.layout.page_content import Box, PageLine, Word, overlap

# An initial is so much larger than its text, and its text begins so near to it, in ems of the text.
INITIAL = 1.7
MIN_GAP, MAX_GAP = -0.6, 1.6
MAX_INITIALS = 40
CAP_HEIGHT, DESCENT = 0.7, 0.22  # ems
# Words that an initial A begins, unless the document has the word without it; and words that follow "I".
_AFTER_A = (
    "bout bove ccording cross dd fter gain gainst ges go head ir lan ll llow lmost lone long longside lready lso "
    "lthough lways m mid midst mong n nd nn nna nna's nother ny nyone part pril re ren't ren rmed round rt rthur s "
    "side sk t tlantic ugust utumn way"
)
AFTER_A = frozenset(_AFTER_A.split())
_AFTER_I = (
    "am began believe came can could did do felt first found grew had have hope knew know left like live lived love "
    "met never once remember said saw shall still think thought used want wanted was went will wish woke would"
)
AFTER_I = frozenset(_AFTER_I.split())
# Words behind a text are so much larger than the body, and cover so much of a line of it.
BEHIND = 1.8
COVERED = 0.3
# A figure beside several lines of text is so many words at most, and stands so near to them, in ems of its own.
MAX_WORDS = 2
MAX_LINE_GAP = 1.0


def place_initials(words: Sequence[Word], size: float, known: Collection[str]) -> list[Word]:
    """Returns the words with each initial that goes down over several lines put before the first word of its text.

    `size` is the body's in points; `known` words of the document tell "A quay" from "At".
    """
    large = [word for word in words if word.size >= INITIAL * size and _is_initial(word.text)][:MAX_INITIALS]
    found = list(words)
    for initial in large:
        first = _first_word(initial, found)
        if first is None:
            continue
        found = [word for word in found if word is not initial]
        at = next(index for index, word in enumerate(found) if word is first)
        if _apart(initial.text, first.text, known):
            found[at] = replace(first, text=f"{initial.text} {first.text}")
        else:
            found[at] = replace(first, text=initial.text + first.text)
    return found


def _is_initial(text: str) -> bool:
    letters = text.strip("\"'“‘«»„")
    return len(text) <= 2 and len(letters) == 1 and letters.isupper()


def _first_word(initial: Word, words: Sequence[Word]) -> Word | None:
    """Returns the word that the initial begins; None where its text does not go on beside it for at least two lines."""
    base = initial.b - DESCENT * initial.size
    top = base - CAP_HEIGHT * initial.size
    beside: list[Word] = []
    for word in words:
        em = word.size
        middle = word.b - (DESCENT + 0.25) * em
        near = MIN_GAP * em < word.l - initial.r < MAX_GAP * em
        if word is not initial and near and em * INITIAL <= initial.size and top - 0.2 * em < middle < base + 0.1 * em:
            beside.append(word)
    if len(beside) < 2:
        return None
    beside.sort(key=lambda word: (round(word.b), word.l))
    rows = [word for index, word in enumerate(beside) if not index or word.b - beside[index - 1].b > 0.5 * word.size]
    if len(rows) < 2:
        return None
    first, second = rows[0], rows[1]
    two_lines = second.b - first.b > 0.7 * first.size and abs(second.l - first.l) < 1.2 * first.size
    at_the_top = first.b - DESCENT * first.size - top < 1.6 * first.size
    return first if two_lines and at_the_top and first.text[:1].isalpha() else None


def _apart(initial: str, text: str, known: Collection[str]) -> bool:
    """Returns whether the initial is a word of its own: an English article or pronoun."""
    letter = initial[-1]
    rest = text.casefold().strip(".,;:!?\"'”’")
    if letter == "A":
        return len(rest) > 1 and rest not in AFTER_A and f"a{rest}" not in known
    return letter == "I" and rest in AFTER_I


def rows_beside(lines: Sequence[PageLine], size: float) -> dict[int, PageLine]:
    """Returns, by the id of a large line that stands beside several small lines, the small line with which it is read.

    A figure before a text of two lines is read before the first of them, a figure behind it after the last.
    """
    found: dict[int, PageLine] = {}
    for line in [candidate for candidate in lines if candidate.size >= BEHIND * size and len(candidate.words) <= MAX_WORDS][
        :MAX_INITIALS
    ]:
        base = line.baseline - DESCENT * line.size
        top = base - CAP_HEIGHT * line.size
        near = [
            other
            for other in lines
            if other.size * BEHIND <= line.size
            and top - 0.6 * other.size < other.baseline - (DESCENT + 0.3) * other.size < base + 0.6 * other.size
        ]
        behind = [other for other in near if 0 < other.l - line.r < MAX_LINE_GAP * line.size]
        before = [other for other in near if 0 < line.l - other.r < MAX_LINE_GAP * line.size]
        for side, last in ((behind, False), (before, True)):
            if (
                len(side) > 1
                and not (behind and before)
                and max(neighbour.l for neighbour in side) < min(neighbour.r for neighbour in side)
            ):
                found[id(line)] = sorted(side, key=lambda neighbour: neighbour.baseline)[-1 if last else 0]
    return found


def words_behind(lines: Sequence[PageLine], size: float) -> list[PageLine]:
    """Returns the lines of large letters, such as "DRAFT", over which a text is set; `size` is the body's in points."""
    large = [line for line in lines if line.size >= BEHIND * size]
    found = []
    for line in large[:MAX_INITIALS]:
        base = line.baseline - DESCENT * line.size
        letters = Box(line.l, base - CAP_HEIGHT * line.size, line.r, base)
        for other in lines:
            low = other.baseline - DESCENT * other.size
            body = Box(other.l, low - CAP_HEIGHT * other.size, other.r, low)
            if other.size * BEHIND <= line.size and overlap(letters, body) > COVERED * min(body.area, letters.area):
                found.append(line)
                break
    return found
