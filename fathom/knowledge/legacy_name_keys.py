"""Makes name keys as in graphs that were written before keys had a version; see resolution/name_key_upgrade.py.

The result depends on case and is not idempotent. It must never change, since it reproduces keys that are stored.
"""

from __future__ import annotations

import re
import unicodedata

_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "professor", "sir", "dame", "mme", "mlle", "herr"})
_LEGAL = frozenset(
    {
        "inc",
        "incorporated",
        "ltd",
        "limited",
        "llc",
        "llp",
        "plc",
        "gmbh",
        "corp",
        "sarl",
        "pty",
        "ag",
        "nv",
        "bv",
        "oyj",
        "kgaa",
    }
)
_LEGAL_AS_WRITTEN = frozenset({"SA", "SE", "AB", "KG", "SAS", "SRL", "SpA", "Oy"})  # in other cases they are words
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.)+[^\W\d_]\b\.?")  # U.S., U.S
_SPELLED = re.compile(r"(?<!\w)\w(?: \w)+(?!\w)")  # u s, as of U. S.
_POSSESSIVE = re.compile(r"['’](?:s|S)?(?=\W*$)")
_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ`](?=\w)")
_DEFINED = re.compile(r"^(?P<long>.+\S)\s*\((?P<short>\w{2,8})\)$")
# Not between digits, where they are part of a number; "+", "#", "%", "*", "$" and "@" tell names apart: C, C++, C#.
_SEPARATOR = re.compile(r"[\s_\-‐-―/\\|()\[\]{}<>\"“”„«»‘’'`!?;:…·•]+|(?<!\d)[.,]+|[.,]+(?!\d)")
_SIGNED = re.compile(r"(?<!\w)[-−](?=\d)")
_SHORT = 4  # letters: so short a word with an article may be a name by its article ("The Who", "The Wire")


def legacy_keys(name: str) -> set[str]:
    """Returns the keys that a name may have: entities have that of the folded name, verdicts that of the name as written."""
    return {_key(name), _key(" ".join(name.lower().split()))}


def _key(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).strip()
    if (both := _DEFINED.match(text)) and both["short"].isupper() and _stands_for(both["short"], both["long"]):
        text = both["long"]
    text = _POSSESSIVE.sub("", text)
    text = _INITIALS.sub(lambda found: found.group().replace(".", ""), text)
    text = _APOSTROPHES.sub("", text).replace("&", " and ")
    text = _SIGNED.sub("~", text)  # the sign of a number is not a hyphen
    words = [word for word in _SEPARATOR.split(text) if word]
    shortened = _without_legal_form(_without_title(_without_article(words)))
    key = " ".join(_plain(word) for word in shortened)
    return _SPELLED.sub(_together, key) or " ".join(name.lower().split())


def _together(letters: re.Match[str]) -> str:
    return letters.group() if any(map(str.isdigit, letters.group())) else letters.group().replace(" ", "")


def _stands_for(short: str, long: str) -> bool:
    """Returns whether the capitals are the initials of the words, small words aside."""
    words = [word for word in _SEPARATOR.split(long) if word]
    variants = (words, [word for word in words if not word.islower()])
    return short in ("".join(word[0] for word in variant).upper() for variant in variants)


def _without_article(words: list[str]) -> list[str]:
    if len(words) < 2 or words[0].lower() != "the":
        return words
    rest = words[1:]
    by_article = (
        len(rest) == 1 and len(rest[0]) <= _SHORT and (words[0] != "the" and not (rest[0].isupper() and words[0] != "THE"))
    )
    return words if by_article else rest


def _without_title(words: list[str]) -> list[str]:
    """Removes titles before a full name; `Mr Smith` keeps its title, which distinguishes him from `Mrs Smith`."""
    rest = words
    while rest and rest[0].lower() in _TITLES:
        rest = rest[1:]
    return rest if len(rest) > 1 and all(word[0].isalpha() for word in rest) and "and" not in rest else words


def _without_legal_form(words: list[str]) -> list[str]:
    rest = words
    while len(rest) > 1 and (rest[-1].lower() in _LEGAL or rest[-1] in _LEGAL_AS_WRITTEN):
        rest = rest[:-1]
    return rest


def _plain(word: str) -> str:
    """Returns the word folded, without accents on Latin letters; marks on other letters stay."""
    kept: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFKD", word.casefold()):
        if not unicodedata.combining(character):
            base = character
        elif "a" <= base <= "z":
            continue
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)


_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})
