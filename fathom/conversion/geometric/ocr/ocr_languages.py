"""The languages that scans are in: which of them can be read here, and which lines are in none of them."""

from __future__ import annotations

import re
from collections.abc import Collection

from fathom.conversion.engines.engine_choice import Backend
from fathom.conversion.quality.comparable_words import UNSPACED
from fathom.errors import SettingsInvalid

# The training languages of the recogniser in RapidOCR's wheel (PP-OCRv6 small), as ISO 639-1 codes.
READ = frozenset(
    {
        "af", "az", "bs", "ca", "cs", "cy", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id",
        "is", "it", "ja", "ku", "la", "lb", "lt", "lv", "mi", "ms", "mt", "nl", "no", "oc", "pl", "pt", "qu", "rm", "ro",
        "sk", "sl", "sq", "sv", "sw", "tl", "tr", "uz", "vi", "zh",
    }
)  # fmt: skip
UNSPACED_LANGUAGES = frozenset({"ja", "zh"})
_TAG = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_UNSPACED = re.compile(f"[{UNSPACED}]")


def ocr_languages(written: str | None) -> tuple[str, ...]:
    """Returns the languages in `en,de-AT`, each once, as they are written. Raises SettingsInvalid for an invalid tag."""
    tags = tuple(dict.fromkeys(tag.strip() for tag in (written or "").split(",") if tag.strip()))
    wrong = [tag for tag in tags if not _TAG.fullmatch(tag)]
    if wrong:
        message = f"FATHOM_OCR_LANGUAGES names {', '.join(wrong)}, which is no language tag."
        raise SettingsInvalid(message, hint="Write them as in en,de,fr.")
    return tags


def require_readable(languages: Collection[str], backend: Backend) -> None:
    """Ensures that the backend reads scans in these languages. Raises SettingsInvalid where the embedded one lacks weights."""
    unread = sorted(tag for tag in languages if primary(tag) not in READ)
    if unread and backend is Backend.EMBEDDED:
        raise SettingsInvalid(
            f"FATHOM_OCR_LANGUAGES names {', '.join(unread)}, which the recogniser on this machine does not read.",
            hint=f"It reads {', '.join(sorted(READ))}; for others set FATHOM_DOCLING_SERVE_URL to a docling-serve that does.",
        )


def is_foreign(line: str, languages: Collection[str]) -> bool:
    """Returns whether most letters of the line are Chinese or Japanese and no language is: a stain, and no text."""
    if not languages or any(primary(tag) in UNSPACED_LANGUAGES for tag in languages):
        return False
    letters = sum(character.isalnum() for character in line)
    return len(_UNSPACED.findall(line)) > letters / 2


def primary(tag: str) -> str:
    """Returns the language of the tag without script and region."""
    return re.split("[-_]", tag)[0].lower()
