"""Normalizes names: makes the key that all spellings of a name share, from the spelling alone.

Case, accents, punctuation, a possessive, `the`, a title before a full name and a legal form do not count in the key. Accents
and legal form are kept beside it: where a document distinguishes names by these alone, its collection does (see
name_disambiguation.py).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from fathom.knowledge.legal_forms import expand_bracketed_forms, strip_attached_form, strip_leading_form, strip_trailing_form
from fathom.knowledge.letter_folding import fold_letters, strip_accents

_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "professor", "sir", "dame", "mme", "mlle", "herr"})
_SMALL = frozenset({"of", "the", "for", "and", "in", "on", "to", "de", "la", "le", "les", "du", "des", "et", "der", "und"})
_INITIALS = re.compile(r"(?<![^\W_])(?:[^\W\d_]\. ?)+[^\W\d_](?![^\W_])\.?")  # u.s., u.s, u. s.
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)|(?<=[\u05d0-\u05ea])\"(?=[\u05d0-\u05ea])")
_DEFINED = re.compile(r"^(?P<first>\S.*?)\s*[(\[](?P<second>[^()\[\]]+)[)\]][\s.,;:]*$")
_SIGNED = re.compile(r"(?<![\w\-])-(?=\d)")
_DOTTED = re.compile(r"(?<![\w.])\.(?=[^\W\d_])")  # .net
# Dots and commas between digits are part of a number; "+", "#", "%", "*", "$" and "@" tell names apart: C, C++, C#.
_SEPARATOR = re.compile(r"[\s_\-/⁄\\|()\[\]{}<>\"„«»‹›「」『』《》〈〉【】、。・=‖'!?¿¡;:…•]+|(?<!\d)[.,،]+|[.,،]+(?!\d)")
_SIGN, _DOT = "~", "\ue000"  # a number's sign and the dot before a name, which do not separate words
_MIN_DEFINED, _MAX_DEFINED = 2, 10  # letters of the short form of a name that is given in brackets
MAX_NAME = 400  # characters; a longer name is a sentence or worse, and its own key
_MAX_PASSES = 8  # of normalizing a key again; most keys are stable after the first
_MAX_BY_ARTICLE = 4  # letters: so short a word with an article may be a name by its article ("The Who", "The Wire")
_MAX_PAIR = 2  # letters: `the EU` and `the US` are no names by their article
# Short forms of three or four letters with a vowel that are used with an article, and are the same without.
_SHORT_FORMS = frozenset(
    {
        *("usa", "uae", "ussr", "cia", "imf", "irs", "sec", "epa", "fda", "nasa", "nato", "opec", "oecd", "ilo", "iaea", "ecb"),
        *("eea", "eec", "efta", "nba", "afl", "ioc", "fifa", "uefa", "icc", "icj", "ira", "plo", "eta", "fao", "ipcc", "iso"),
        *(
            "wto",
            "anc",
            "abc",
            "osce",
            "aclu",
            "gop",
            "gao",
            "pla",
            "ucla",
            "uaw",
            "iom",
            "eib",
            "esa",
            "iss",
            "usps",
            "ncaa",
            "nra",
        ),
        *(
            "cdu",
            "csu",
            "afd",
            "cis",
            "eac",
            "uk",
            "apec",
            "icao",
            "ifc",
            "imo",
            "itu",
            "ioc",
            "afc",
            "mod",
            "moj",
            "nih",
            "niaid",
        ),
        *("ieee", "acm", "dea", "atf", "faa", "fema", "usda", "doe", "doj", "dod", "bea", "ons", "rac", "raf", "usaf"),
    }
)
_VOWELS = frozenset("aeiouy")
_SPACELESS = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

DIVIDER = "|"  # in no key of a name


class NameParts(NamedTuple):
    """A name's key, and the parts that the key leaves out: the words with their accents, and the legal form."""

    key: str
    accented: str
    legal: str


def normalize_name(name: str) -> str:
    """Returns the key that all spellings of the name share; empty only for a name of nothing but white space.

    A total function, and idempotent. It is the same for a name, its upper and lower case and its Unicode forms. A name of
    nothing but punctuation is its own key, and so is a name of more than MAX_NAME characters, but for case; a name of
    invisible characters is named by its code points.
    """
    return name_parts(name).key


@lru_cache(maxsize=50_000)
def name_parts(name: str) -> NameParts:
    """Returns the key of the name with its accents and its legal form."""
    parts = _split_name(fold_letters(name))
    if not parts.key:
        bare = unicodedata.normalize("NFC", "".join(name.split()))
        unseen = " ".join(f"u+{ord(character):04x}" for character in bare)
        return NameParts(unseen, unseen, "")
    key, legal = parts.key, parts.legal
    for _ in range(_MAX_PASSES):
        again = _split_name(fold_letters(key))
        if again.key == key:
            break
        key, legal = again.key, " ".join(filter(None, (again.legal, legal)))
    return NameParts(key, parts.accented if key == parts.key else key, legal)


def _split_name(text: str) -> NameParts:
    """Splits a folded name into its parts."""
    if len(text) > MAX_NAME:
        whole = text.replace(DIVIDER, "¦")
        return NameParts(whole, whole, "")
    text = _without_definition(expand_bracketed_forms(text))
    text = _without_possessive(text)
    text = _INITIALS.sub(lambda found: found.group().replace(".", "").replace(" ", ""), text)
    text = _APOSTROPHE.sub("", text).replace("&", " and ")
    text = _DOTTED.sub(_DOT, _SIGNED.sub(_SIGN, text))
    words = [word.replace(_DOT, ".") for word in _SEPARATOR.split(text) if word]
    if not words:
        bare = " ".join(text.replace(DIVIDER, "¦").split())
        return NameParts(bare, bare, "")
    words, legal = _without_legal_form(_without_article(_join_letters(words)))
    words = _without_title(words)
    return NameParts(" ".join(map(strip_accents, words)), " ".join(words), legal)


def _join_letters(words: list[str]) -> list[str]:
    """Joins single letters (`u s`), and words of scripts that have no spaces between words."""
    found: list[list[str]] = []
    before = ""
    for word in words:
        letters = len(word) == len(before) == 1 and word.isalpha() and before.isalpha()
        if before and (letters or (_SPACELESS.match(before[-1]) and _SPACELESS.match(word[0]))):
            found[-1].append(word)
        else:
            found.append([word])
        before = word
    return ["".join(group) for group in found]


def _without_possessive(text: str) -> str:
    end = len(text)
    while end and not text[end - 1].isalnum():
        end -= 1
    owner = text[: end - 2]
    is_owned = text[:end].endswith("'s") and any(map(str.isalnum, owner))
    return owner + text[end:] if is_owned else text


def _without_definition(text: str) -> str:
    """Returns the long form of `World Health Organization (WHO)` and of `WHO (World Health Organization)`."""
    if (both := _DEFINED.match(text)) is None:
        return text
    first, second = both["first"], both["second"]
    if _stands_for(second, first):
        return first
    return second if _stands_for(first, second) else text


def _stands_for(short: str, long: str) -> bool:
    """Returns whether the short form has the initials of the words, small words and a legal form aside."""
    letters = re.sub(r"[.\s]", "", short.removeprefix("the "))
    if not _MIN_DEFINED <= len(letters) <= _MAX_DEFINED or not letters.isalnum():
        return False
    words = [word for word in _SEPARATOR.split(long.replace("'", "").replace("&", " ")) if word]
    left, _ = strip_trailing_form([strip_accents(word) for word in words])
    initials = {
        "".join(word[0] for word in variant)
        for whole in (words, words[:left])
        for variant in (whole, [word for word in whole if word not in _SMALL])
    }
    return letters in initials


def _without_article(words: list[str]) -> list[str]:
    start = 0
    while len(words) - start > 1 and words[start] == "the":
        if len(words) - start == 2 and _is_name_by_article(strip_accents(words[-1])):
            break
        start += 1
    return words[start:]


def _is_name_by_article(word: str) -> bool:
    """Returns whether `the` may be part of the name: of a short word that is no abbreviation."""
    if not word.isalpha() or not _MAX_PAIR < len(word) <= _MAX_BY_ARTICLE:
        return False
    return word not in _SHORT_FORMS and not _VOWELS.isdisjoint(word)


def _without_title(words: list[str]) -> list[str]:
    """Removes titles before a full name; `Mr Smith` keeps its title, which distinguishes him from `Mrs Smith`."""
    rest = words
    while rest and rest[0] in _TITLES:
        rest = rest[1:]
    return rest if len(rest) > 1 and all(word[0].isalpha() for word in rest) and "and" not in rest else words


def _without_legal_form(words: list[str]) -> tuple[list[str], str]:
    """Removes the legal forms and returns them; at least a single word is left."""
    forms: list[str] = []
    while True:
        plain = [strip_accents(word) for word in words]
        left, form = strip_trailing_form(plain)
        if form:
            words = words[:left]
            forms.insert(0, form)
            continue
        start, form = strip_leading_form(plain)
        if form:
            words = words[start:]
            forms.insert(0, form)
            continue
        first, last = strip_attached_form(plain[0]), strip_attached_form(plain[-1])
        if first[2] and len(words[0]) == len(plain[0]):
            words = [words[0][first[0] : first[1]], *words[1:]]
            forms.insert(0, first[2])
        elif last[2] and len(words[-1]) == len(plain[-1]):
            words = [*words[:-1], words[-1][last[0] : last[1]]]
            forms.insert(0, last[2])
        else:
            return words, " ".join(dict.fromkeys(forms))
