"""Chooses the encoding in which the bytes of a text are likeliest, letter by letter."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from fathom.conversion.encodings.code_pages import MULTI_BYTE, SINGLE_BYTE, CodePage
from fathom.conversion.encodings.declared import declared_codec
from fathom.conversion.encodings.letter_statistics import language

MAX_TOKENS = 300  # different words with bytes above ASCII that are looked at; more say nothing new
MAX_PLAIN = 300
MAX_CHARACTERS = 20_000  # of an East Asian text

# Bits of a character that is no letter: marks of every page of print, marks that some pages have, and all else.
COMMON_MARK, RARE_MARK, ODD_MARK = 7.0, 10.0, 18.0
WITHIN_WORD = 12.0  # more, where such a mark stands between letters
BEHIND_WORD = 8.0  # more, where a mark that opens or stands alone follows a letter
UNPAIRED = 4.0  # more, for a quotation mark without its other half
CAPITAL_WITHIN = 8.0  # more, for a capital behind a small letter
SMALL_WITHIN = 6.0  # more, for small letters behind two capitals
OTHER_LANGUAGE = 5.0  # more, for a word of another language than the rest
RARE_CHARACTER = 16.0  # bits of any of the twenty thousand that are not among the commonest
MAX_BROKEN = 2  # at the ends of the sample, which may part a character
DECLARED = 30.0  # less, in the encoding that the text names itself
PLAIN_LETTER = 4.2  # bits of an ASCII letter in an East Asian text

_TOKEN = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_PLAIN = re.compile(rb"(?<![\x80-\xffA-Za-z])[A-Za-z]{2,}(?![\x80-\xffA-Za-z])")
# Between letters of one Latin word, East Asian characters are bytes of another encoding.
_PARTED = re.compile(r"[A-Za-z][^\x00-\x7f]{1,2}[a-z]")
_COMMON = frozenset("\u00a0“”‘’„‚«»–—…€•·°§´、。「」・ー（）！？，：；؟،؛ـ")
_RARE = frozenset("©®™½¼¾²³¹±×÷µ¶£¥¢†‡‰¿¡ªº‹›№¨¬¦\u00ad\u200c\u200d\u200e\u200f")
_NOT_BEHIND = frozenset("„‚«‹“‘¿¡±×÷¼½¾¶§¤¦£¥¢†‡‰ˆ˜–—¹¨¬ˇ˘˙˛˝")
_JOINING = frozenset("’'·-–\u00ad\u200c\u00a0")


def likeliest_codec(sample: bytes) -> str | None:
    """Returns the codec that decodes the sample to the likeliest text, or None where none decodes it.

    The sample may end within a character. An encoding that a page or document declares counts as strong evidence.
    """
    declared = declared_codec(sample)
    tokens = Counter(token.group() for token in _TOKEN.finditer(sample)).most_common(MAX_TOKENS)
    plain = sorted({word.decode("ascii").lower() for word in _PLAIN.findall(sample[:65536])})[:MAX_PLAIN]
    best: tuple[float, str] | None = None
    for page in SINGLE_BYTE:
        words = {token: token.decode(page.codec, errors="replace") for token, _ in tokens}
        bits = _word_bits(page, words, tokens, plain) - (DECLARED if page.codec == declared else 0)
        if best is None or bits < best[0]:
            best = bits, page.codec
    for page in MULTI_BYTE:
        asked = _character_bits(page, sample, tokens, plain)
        if asked is None:
            continue
        bits = asked - (DECLARED if page.codec == declared else 0)
        if best is None or bits < best[0]:
            best = bits, page.codec
    return best[1] if best else None


def _word_bits(page: CodePage, words: Mapping[bytes, str], tokens: list[tuple[bytes, int]], plain: list[str]) -> float:
    """Returns the bits of the words in the language of the page that they suit best."""
    split = [(weight, *_marks_and_words(words[token])) for token, count in tokens if (weight := _weight(count))]
    marks = sum(weight * bits for weight, bits, _ in split) + _unpaired(words)
    written = [(weight, word) for weight, _, parts in split for word in parts]
    rows = [[_cost(code, word) for _, word in written] for code in page.languages]
    least = [min(column) + OTHER_LANGUAGE for column in zip(*rows, strict=True)] if written else []
    totals: list[float] = []
    for code, row in zip(page.languages, rows, strict=True):
        own = sum(weight * min(bits, other) for (weight, _), bits, other in zip(written, row, least, strict=True))
        totals.append(own + _plain_bits(code, tuple(plain)))
    return page.rarity + marks + min(totals)


def _unpaired(words: Mapping[bytes, str]) -> float:
    """Returns the bits of quotation marks of a kind that only opens or only closes in the text."""
    text = "".join(words.values())
    return UNPAIRED if ("»" in text) != ("«" in text) else 0.0


def _character_bits(page: CodePage, sample: bytes, tokens: list[tuple[bytes, int]], plain: list[str]) -> float | None:
    """Returns the bits of the same words in an East Asian encoding, or None if the sample does not decode."""
    text = sample.decode(page.codec, errors="replace")
    broken = text.count("\ufffd")
    if broken > MAX_BROKEN:
        return None
    letters = language(page.languages[0]).letters
    seen, bits, size = 0, 0.0, 0
    for character in text:
        if character < "\x80" or character == "\ufffd":
            continue
        if seen >= MAX_CHARACTERS:
            break
        seen += 1
        size += len(character.encode(page.codec))
        if character in _COMMON:
            bits += COMMON_MARK
        else:
            odd = not character.isalpha() or "\uff61" <= character <= "\uff9f"  # half-width kana: bytes of any 8-bit text
            bits += letters.get(character, RARE_CHARACTER) + (6 if odd else 0)
    if not size:
        return None
    # as many bytes as the other pages are asked for, each word weighted as there
    asked = sum(_weight(count) * sum(byte > 127 for byte in token) for token, count in tokens)
    latin = sum(_weight(count) * sum(byte < 128 for byte in token) for token, count in tokens)
    english = _plain_bits("en", tuple(plain))
    parted = WITHIN_WORD * min(len(_PARTED.findall(text)), len(tokens))
    return page.rarity + bits / size * asked + latin * PLAIN_LETTER + english + parted + broken * ODD_MARK


def _weight(count: int) -> float:
    return 1 + math.log2(count)


@lru_cache(maxsize=128)
def _plain_bits(code: str, words: tuple[str, ...]) -> float:
    # names, markup and borrowed words are no more likely in one language than in another
    return sum(min(_cost(code, word), _cost("en", word) + OTHER_LANGUAGE) for word in words)


@lru_cache(maxsize=20_000)
def _cost(code: str, word: str) -> float:
    return language(code).word_bits(word)


@lru_cache(maxsize=20_000)
def _marks_and_words(token: str) -> tuple[float, tuple[str, ...]]:
    """Returns the bits of the token's other characters, and its words in small letters."""
    bits = 0.0
    words: list[str] = []
    word = ""
    for at, character in enumerate(token):
        if _is_letter(character):
            if word and character.isupper() and token[at - 1].islower():
                bits += CAPITAL_WITHIN
            elif len(word) == 2 and character.islower() and word.isupper():
                bits += SMALL_WITHIN
            word += character
            continue
        if word:
            words.append(word)
            word = ""
        bits += COMMON_MARK if character in _COMMON else RARE_MARK if character in _RARE else ODD_MARK
        if "\x80" <= character <= "\x9f" or character == "\ufffd":
            bits += ODD_MARK  # a control character, or a byte that the page does not have
        within = 0 < at < len(token) - 1 and _is_letter(token[at - 1]) and _is_letter(token[at + 1])
        if within and (character not in _JOINING or (character in "–—" and token[at + 1].islower())):
            bits += WITHIN_WORD
        elif character in _NOT_BEHIND and at and _is_letter(token[at - 1]):
            bits += BEHIND_WORD
    if word:
        words.append(word)
    return bits, tuple(word.lower() for word in words)


def _is_letter(character: str) -> bool:
    return (character.isalpha() and character not in "ªº") or unicodedata.category(character).startswith("M")
