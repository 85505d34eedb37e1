"""In which encoding a text is, or that the bytes are no text at all."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

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
# One stray control character in a page of text is a slip; more is a binary.
MAX_CONTROL_SHARE = 0.002
# A guessed encoding must leave a text whose characters are mostly letters, digits, spaces and punctuation of that script.
MIN_READABLE_SHARE = 0.90

# Languages whose letters the Western code page lacks.
EASTERN_LATIN = frozenset(
    {"Polish", "Czech", "Slovak", "Hungarian", "Romanian", "Slovene", "Croatian", "Turkish", "Lithuanian", "Estonian"}
)


def encoding_of(path: Path) -> str | None:
    """The Python codec that decodes the whole file to a text, or None where no codec does.

    UTF-8 is preferred, then what the byte order mark says, then UTF-16 by its zero bytes, then the likeliest of the 8-bit
    and East Asian encodings, decided on samples from the start and the middle.
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
    if b"\x00" in sample:
        wide = _wide_codec(sample)
        return wide if wide and _decodes(path, wide) else None
    if _decodes(path, "utf-8"):
        return "utf-8"
    guess = _guess(sample + sample_within)
    return guess if guess and _decodes(path, guess) else None


def looks_like_text(text: str) -> bool:
    """True unless control characters stand where no text has them."""
    return len(CONTROLS.findall(text)) <= MAX_CONTROL_SHARE * len(text)


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    characters = controls = 0
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                text = decoder.decode(block)
                characters += len(text)
                controls += len(CONTROLS.findall(text))
            characters += len(decoder.decode(b"", final=True))
    except (UnicodeError, ValueError):
        return False
    # a single stray character is allowed however short the text is
    return controls <= max(1, MAX_CONTROL_SHARE * characters) and not (controls and characters < 16)


def _wide_codec(sample: bytes) -> str | None:
    """UTF-16 without a mark: in Latin text nearly every second byte is zero, and always the same one."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _guess(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes  # 30 ms to import, and seldom wanted

    best = from_bytes(sample, cp_exclusion=["utf_8", "utf_16", "utf_32", "utf_7"], enable_fallback=False).best()
    candidates = [] if best is None else [best.encoding]
    if best is None or (best.language not in EASTERN_LATIN and _is_latin(str(best))):
        # The Western and Eastern Latin code pages decode each other's texts without complaint, and the guess between them is
        # a coin's where no language was recognised; Windows' Western one is by far the commonest.
        candidates.insert(0, "cp1252")
    for codec in [*candidates, "latin-1"]:
        try:
            text = sample.decode(codec)
        except UnicodeDecodeError:
            continue
        if looks_like_text(text) and _readable_share(text) >= MIN_READABLE_SHARE:
            return codec
    return None


def _is_latin(text: str) -> bool:
    """True if most letters beyond ASCII are Latin ones (below Greek in Unicode), or there are none."""
    beyond = [character for character in text if ord(character) > 127 and character.isalpha()]
    return sum(1 for character in beyond if ord(character) < 0x370) * 2 >= len(beyond)


def _readable_share(text: str) -> float:
    readable = sum(1 for character in text if character.isalnum() or character.isspace() or character in _PUNCTUATION)
    return readable / max(len(text), 1)


_PUNCTUATION = frozenset("""!"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»‹›“”„‘’‚–—…·•°§€£©®¿¡、。「」『』・ー（）""")
