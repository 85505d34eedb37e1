"""Tells in which encoding a text is, or that the bytes are no text at all."""

from __future__ import annotations

import codecs
import re
import unicodedata
from pathlib import Path

from fathom.conversion.encodings.declared import named_codec
from fathom.conversion.encodings.likelihood import likeliest_codec

SAMPLE_BYTES = 64 * 1024
BLOCK_BYTES = 1024 * 1024

# The longer mark first: UTF-32's begins with UTF-16's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Characters no text has; tab, line ends, form feed, escape (terminal colours) and substitute (old end of file) are left out.
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x19\x1c-\x1f\x7f]")
# A single stray control character in a page of text is a slip; more is a binary.
MAX_CONTROL_SHARE = 0.002
# A guessed encoding must leave a text whose characters are mostly letters, digits, spaces and punctuation of that script.
MIN_READABLE_SHARE = 0.90

# Shifts of the Japanese encoding that has ASCII bytes only.
ISO_2022_JP = re.compile(rb"\x1b\$[@B]")
UTF_8_CHARACTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Characters of every text, whose bytes the other way round are next to none of any.
WIDE_SIGNS = (" ", "\n", "\r", ",", ".", "。", "，", "、", "e", "a", "о", "а")
# Bytes of a text in UTF-32 that are recognised, and the share of zeros in the upper halves of its characters.
MIN_WIDE, MIN_ZEROS = 32, 0.95
UNUSED = ("Cn", "Co", "Cc")
# UTF-8 with a few broken characters is UTF-8: so many whole characters beyond ASCII for each broken character.
MIN_WHOLE_A_BROKEN = 20


def encoding_of(path: Path) -> str | None:
    """Returns the Python codec that decodes the whole file to a text, or None where no codec does.

    UTF-8 is preferred, then the byte order mark, then UTF-16 by its zero bytes, then the likeliest of the 8-bit
    and East Asian encodings, decided on samples from the start and the middle. A text in UTF-8 may have broken characters,
    to be read as replacement characters.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        sample = file.read(SAMPLE_BYTES)
        if size > 2 * SAMPLE_BYTES:
            file.seek(size // 2)
            sample_within = file.read(SAMPLE_BYTES)
        else:
            sample_within = file.read(SAMPLE_BYTES)
    for mark, codec in BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return codec if _decodes(path, codec) else None
    if b"\x00" in sample and not _decodes(path, "utf-8"):  # which a few zero bytes in fields do not hinder
        wide = _wide_codec(sample)
        return wide if wide and _decodes(path, wide) else None
    if _decodes(path, "utf-8"):
        return "iso2022_jp" if ISO_2022_JP.search(sample) and _decodes(path, "iso2022_jp") else "utf-8"
    guess = _guess(sample + sample_within)
    if guess and _decodes(path, guess, errors="replace"):
        return guess
    named = named_codec(sample)  # such as a text of few characters, too few for statistics
    return named if named and _decodes(path, named) else None


def looks_like_text(text: str) -> bool:
    """Returns True unless control characters stand where no text has them."""
    return len(CONTROLS.findall(text)) <= MAX_CONTROL_SHARE * len(text)


def _decodes(path: Path, codec: str, errors: str = "strict") -> bool:
    decoder = codecs.getincrementaldecoder(codec)(errors)
    characters = controls = 0
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                text = decoder.decode(block)
                characters += len(text)
                controls += len(CONTROLS.findall(text)) + (text.count("\ufffd") if codec != "utf-8" else 0)
            characters += len(decoder.decode(b"", final=True))
    except (UnicodeError, ValueError):
        return False
    # a single stray character is allowed however short the text is
    return controls <= max(1, MAX_CONTROL_SHARE * characters) and not (controls and characters < 16)


def _wide_codec(sample: bytes) -> str | None:
    """Returns the UTF-16 without a mark that gives blanks and line ends; the other gives their mirrors, rare characters.

    Of UTF-32 half of the bytes are zeros that stand alike in each character.
    """
    if len(sample) >= MIN_WIDE and len(sample) % 4 == 0:
        for codec, zeros in (("utf-32-le", sample[3::4] + sample[2::4]), ("utf-32-be", sample[0::4] + sample[1::4])):
            if zeros.count(0) >= MIN_ZEROS * len(zeros):
                return codec
    if len(sample) % 2:
        sample = sample[:-1]
    found: list[tuple[int, str]] = []
    for codec in ("utf-16-le", "utf-16-be"):
        try:
            text = codecs.getincrementaldecoder(codec)().decode(sample)
        except UnicodeDecodeError:
            continue
        odd = sum(1 for character in text if character not in "\t\r\n\f" and unicodedata.category(character) in UNUSED)
        if odd <= len(text) / 50:
            found.append((sum(map(text.count, WIDE_SIGNS)), codec))
    best = max(found, default=(0, ""))
    return best[1] if best[0] > 0 else None


def _guess(sample: bytes) -> str | None:
    """Returns the likeliest of the encodings that are not Unicode, if the text in it reads like a text."""
    if _is_broken_utf_8(sample):
        return "utf-8"
    codec = likeliest_codec(sample)
    if codec is None:
        return None
    text = sample.decode(codec, errors="replace")
    return codec if looks_like_text(text) and _readable_share(text) >= MIN_READABLE_SHARE else None


def _is_broken_utf_8(sample: bytes) -> bool:
    whole = len(UTF_8_CHARACTER.findall(sample))
    broken = len(re.findall(rb"[\x80-\xff]+", UTF_8_CHARACTER.sub(b"", sample)))
    return whole >= MIN_WHOLE_A_BROKEN * max(broken, 1)


def _readable_share(text: str) -> float:
    readable = sum(
        1
        for character in text
        if character.isalnum() or character.isspace() or character in _PUNCTUATION or unicodedata.category(character)[0] == "M"
    )
    return readable / max(len(text), 1)


_PUNCTUATION = frozenset("""!"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»‹›“”„‘’‚–—…·•°§€£©®¿¡、。「」『』・ー（），：；！？《》“”""")
