"""Compares words of names by their stems, in languages that inflect names.

Two words are forms of the same name if they share a stem, a word without an ending of its language: `Gdańskiej`, `Gdańska`.
Edit distance does not serve: by normalized Levenshtein similarity `Niger` and `Nigeria` (.83), `Austria` and `Australia` (.88)
are closer than `Gdańskiej` and `Gdańska` (.75). Languages without listed endings, such as English, have no inflected forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from fathom.chunking.languages import likely_languages

MIN_STEM = 4  # letters of a single-word name's stem: `Iran`, `Irak`, `Mali` have no other forms
MIN_STEM_OF_SEVERAL = 3  # of a word in a name of several: `Anny Petrovej`
MIN_SHARED = 0.5  # share of the longer form's letters in the stem; `Helsingissä`, `Helsinki` have .54
MIN_SURE = 0.7  # probability that a text is in a language of the group

_POLISH = "pl hsb dsb csb szl"
_WESTERN_SLAVIC = "cs sk sl hr bs"
_EASTERN_SLAVIC = "ru uk be bg mk sr"

# Endings of nouns, then of adjectives.
_ENDINGS: Mapping[str, tuple[str, str]] = {
    _POLISH: (
        "owi ami ach iach iami iem iego em om am ie iu a e i o u y ego",
        "a e i o u y ego emu ej ym im ich ych ymi imi iej iego iemu",
    ),
    _WESTERN_SLAVIC: (
        "ovi ami emi ach ich ech ou em om am um a e i o u y ove ova ovou jem ju ima ama",
        "a e i o u y eho emu ou ho mu ym im ich ych ymi imi oga ega om em ih",
    ),
    _EASTERN_SLAVIC: (
        "ами ями ах ях ов ев ой ою ей ею ом ем ам ям ові еві єм єю а я у ю е о и ы і ь ью ого ому ым им ых их ая ую ыми ими",
        "ый ий ой ая яя ое ее ую юю ого его ому ему ым им ом ем ых их ыми ими ою ею ей и і ої ій а е у",
    ),
    "de lb nds": ("s es n en ns ens ern", "e er es en em"),
    "da sv nb no nn": ("s en et ens ets", "a e"),
    "fi et": (
        "n a ta ssa sta lla lta lle ksi na tta an en in un on hon hin hun han seen iin issa ista illa ilta ille ien "
        "ia iksi t s l st le ga sse ni",
        "",
    ),
    "hu": (
        "t at et ot ban ben bol rol tol ba be ra re hoz hez nal nel nak nek val vel ert ig on en n ul kent kor ja je a e i "
        "kal kel tal tel rel ral sal sel lal lel dal del gal gel nal nel",
        "",
    ),
    "tr az": (
        "nin nun in un i u yi yu ni nu de da te ta den dan ten tan nda nde ndan nden e a ye ya ne na le la yle yla "
        "ler lar li lu lik",
        "",
    ),
    "lt lv": ("as is us os es o io iui ui a ia u iu e yje uje iuje oje eje ams oms iai ai ie i s am ai iem",
              "as is us a o i ai aus oji ojo ais a u"),
    "ro": ("ul ului ei ii a lui le lor i e", ""),
    "la": ("us um i o a ae am is em es e ibus orum arum", ""),
    "el": ("ος ου ο ον α ας αν η ης ην ες ων ους οι ις ι", ""),
    "sq": ("i it in e es en a s se u ut un", ""),
    "is": ("s ar i ur a u um inn ins inum", ""),
}  # fmt: skip
_FLEETING = re.compile(r"(?<=[^\W\daeiouyаеёиоуыэюя])[eеёо](?=[^\W\daeiouyаеёиоуыэюя]$)")  # Čapek, Čapka; Павел, Павла
_WEAK = (("nk", "ng"), ("nt", "nn"), ("mp", "mm"), ("lt", "ll"), ("rt", "rr"), ("kk", "k"), ("pp", "p"), ("tt", "t"), ("k", ""))


def language_group(text: str) -> str | None:
    """Returns the most likely group of inflecting languages of the text, None if it is in none of them."""
    shares = dict.fromkeys(_ENDINGS, 0.0)
    for language, share in likely_languages(text).items():
        for group in _ENDINGS:
            if language in group.split():
                shares[group] += share
    group = max(shares, key=shares.__getitem__)
    return group if shares[group] >= MIN_SURE else None


@lru_cache(maxsize=16_384)
def stems(word: str, group: str) -> frozenset[str]:
    """Returns the possible stems of a folded word, each with a marker for the kind of its ending."""
    bare = without_accents(word)
    if not bare.isalpha():
        return frozenset()
    nouns, adjectives = _of_group(group)
    found = {f"n{bare[: len(bare) - len(ending)]}" for ending in ("", *nouns) if bare.endswith(ending)}
    found |= {f"a{bare[: len(bare) - len(ending)]}" for ending in adjectives if bare.endswith(ending)}
    if group in (_POLISH, _WESTERN_SLAVIC, _EASTERN_SLAVIC):
        found.add(f"n{_FLEETING.sub('', bare)}")
    elif group == "fi et":
        found |= {f"n{weak}" for weak in _weak_grades(bare)}
    least = max(MIN_STEM_OF_SEVERAL, MIN_SHARED * len(bare))
    return frozenset(stem for stem in found if len(stem) - 1 >= least)


def without_accents(word: str) -> str:
    """Returns the word without diacritics; `ł`, `ø` and similar letters become their base letters."""
    parts = unicodedata.normalize("NFD", word)
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).translate(_BARE)


_BARE = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ё": "е", "й": "и"})


@lru_cache(maxsize=32)
def _of_group(group: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    nouns, adjectives = (tuple(dict.fromkeys(without_accents(ending) for ending in kind.split())) for kind in _ENDINGS[group])
    return nouns, adjectives


def _weak_grades(word: str) -> set[str]:
    """Returns the nominative candidates of a Finnish name's weak-grade stem: Helsinki, Helsingin."""
    if word[-1] not in "aeiouy":
        return set()
    strong, vowel = word[:-1], word[-1]
    return {strong[: len(strong) - len(end)] + weak + vowel for end, weak in _WEAK if strong.endswith(end)}
