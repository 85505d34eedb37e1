"""Checks a fact against its sentence: it must name both ends, and not be negated, hypothetical or reversed.

Only the wording is judged, in English, French and German; sentences in other languages are accepted.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fathom.extraction.response.text_location import SourceText
from fathom.extraction.response.texts.unformatted_text import CharacterSpan

NAMES_NOT_BOTH = "fact does not name both"
NOT_STATED = "fact that is denied, asked or supposed"
REVERSED = "fact against its direction"
NOT_A_DATE_OF_THE_TEXT = "date without a date in the text"

_MIN_SHORT = 3  # letters of a word that abbreviates a longer name
# Lower case only, since `May` and `Will` are names; `no longer` is an end and handled separately.
_DENIES = re.compile(
    r"n['’]t\b|\b[Nn](?:ever|either|obody|or|o one)\b|\bnot\b(?! only\b)|\bcannot\b|\b(?:failed|refused|declined) to\b"
    r"|\bden(?:y|ies|ied) (?:that|having)\b|\bunlikely\b|\b(?:untrue|false|falsely|wrongly|mistakenly)\b"
    r"|\bn(?:['’]|e )\w+(?: \w+)? (?:pas|jamais|aucune?|ni)\b|\b[Nn]i .* ni\b"
)
# German negates behind the object: `A hat B nicht gekauft`.
_DENIES_BEHIND = re.compile(r"\b(?:nicht|kein(?:e[nmrs]?)?|niemals)\b(?! mehr\b| nur\b)")
_SUPPOSES = re.compile(
    r"\b(?:[Ii]f|[Ww]hether|[Ss]uppose|[Pp]erhaps|[Pp]robably|[Aa]llegedly|[Rr]eportedly|[Ss]upposedly)\b"
    r"|\b(?:may|might|could|would|should|will|shall)\b"
    r"|\b(?:plan|plans|planned|planning|intends?|intended|hopes?|hoped|wants?|wanted|seeks?|seeking|aims?|threatened) to\b"
    r"|\b(?:is|are|was|were|been) (?:expected|likely|due|set|said|rumou?red|alleged|believed|about|considering)\b"
    r"|\bclaim(?:s|ed)? (?:that|to)\b|\b(?:pourr|devr|ser|aur)ai(?:t|ent)\b|\benvisagent?\b"
    r"|\b(?:könnten?|würden?|sollten?|vielleicht)\b"
)
_ENDED = re.compile(r"\b(?:no longer|not any ?more|n(?:['’]|e )\w+(?: \w+)? plus)\b")
_SAYS_SO = re.compile(
    r"^(?:NO|MAY|MIGHT|COULD|WOULD|SHOULD|WILL|PLAN|PLANS|PLANNED|INTENDS?|HOPES?|WANTS?)_|(?:^|_)(?:NOT|NEVER)_"
)
_PASSIVE = r"\s+(?:(?:was|were|is|are|been|being|has|have|had|then|later|also|first|\w+ly)\s+)+{verb}\s+by\s+(?:the\s+|an?\s+)?"
_ACTIVE = r"\s+(?:(?:has|have|had|then|later|also|first|\w+ly)\s+)*{verb}\s+(?:the\s+|an?\s+)?"
_BOTH_WAYS = ("MARR", "MEET", "MET", "MERGE", "BORDER", "JOIN", "NEIGHBO", "WED")  # stems of symmetric relations
_HAS_NUMBER = re.compile(
    r"\d|[〇一二三四五六七八九十百千]|\b[MDCLXVI]{3,}\b|teen\b|(?:twen|thir|for|fif|six|seven|eigh|nine)t(?:y|ies)|hundred|thousand"
    r"|cent\b|cents\b|mille?\b|vingt|hundert|tausend|zig\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class FactEnd:
    """An end of a fact: its name, and its other forms in the answer and the text."""

    name: str
    forms: Sequence[str]


@dataclass(frozen=True)
class ClaimedFact:
    """A fact of an answer: both ends, the relation, its sentence, and the quote where the text has it."""

    source: FactEnd
    relation: str
    target: FactEnd
    sentence: str
    quote: str = ""
    has_ended: bool = False


def objection(claim: ClaimedFact, *, wanted: bool = False) -> str | None:
    """Returns the reason to reject a fact; None if its wording shows none.

    Args:
        claim: the fact.
        wanted: whether its relation is of the collection's own vocabulary, which may include plans and denials by name.
    """
    says_so = bool(_SAYS_SO.search(claim.relation))
    if says_so and (wanted or not _ENDED.search(claim.sentence)):
        return None if wanted else NOT_STATED
    has_ended = claim.has_ended or says_so  # the graph ends `CEO_OF` by a `NOT_CEO_OF`
    places = _places(claim.sentence, claim.source, claim.target)
    if not all(places.values()):
        return NAMES_NOT_BOTH
    if _is_unstated(claim.sentence, places, has_ended=has_ended):
        return NOT_STATED
    if claim.quote:
        quoted = _places(claim.quote, claim.source, claim.target)
        if all(quoted.values()) and _is_unstated(claim.quote, quoted, has_ended=has_ended):
            return NOT_STATED
    return REVERSED if _is_reversed(claim, places) else None


def may_have_a_date(text: str) -> bool:
    """Returns whether a text has any number, in digits or words, from which a date could follow."""
    return bool(_HAS_NUMBER.search(text))


def _places(sentence: str, source: FactEnd, target: FactEnd) -> Mapping[str, list[CharacterSpan]]:
    """Returns where a sentence names each end: by a full form, else by its first or last word or its initials."""
    forms = {end.name: list(dict.fromkeys((end.name, *end.forms))) for end in (source, target)}
    if all((written := _as_written(sentence, forms)).values()):
        return written
    text = SourceText(sentence)
    places = text.places(forms)
    if all(places.values()):
        return places
    with_short = {name: [*long, *(() if places[name] else _short_forms(name))] for name, long in forms.items()}
    return text.places(with_short)


def _as_written(sentence: str, forms: Mapping[str, Sequence[str]]) -> dict[str, list[CharacterSpan]]:
    """Returns exact matches of names between word borders, outside of other names: a fast path for most facts."""
    found = {
        name: [match.span() for form in variants for match in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", sentence)]
        for name, variants in forms.items()
    }
    taken = [span for spans in found.values() for span in spans]
    return {
        name: [span for span in spans if not any(_is_within(span, other) for other in taken)] for name, spans in found.items()
    }


def _is_within(span: CharacterSpan, other: CharacterSpan) -> bool:
    return other[0] <= span[0] and span[1] <= other[1] and span != other


def _short_forms(name: str) -> Iterator[str]:
    words = re.findall(r"[^\W_]+", name)
    if len(words) < 2:
        return
    for word in (words[-1], words[0]):
        if len(word) >= _MIN_SHORT and not word.islower():
            yield word
    initials = "".join(word[0] for word in words if word[0].isupper())
    if len(initials) > 1:
        yield initials


def _is_unstated(wording: str, places: Mapping[str, Sequence[CharacterSpan]], *, has_ended: bool) -> bool:
    """Returns whether the wording negates, questions or supposes the relation; the names themselves are ignored.

    Words behind both names are about something else, as in `bought A, but not B`, except in German.
    """
    if wording.rstrip().endswith("?"):
        return True
    spans = sorted(span for found in places.values() for span in found)
    until = max(min(span[1] for span in found) for found in places.values())
    before = _without(wording[:until], spans)
    if _ENDED.search(before) or "nicht mehr" in wording:
        return not has_ended
    return bool(_DENIES.search(before) or _SUPPOSES.search(before) or _DENIES_BEHIND.search(_without(wording, spans)))


def _without(wording: str, spans: Sequence[CharacterSpan]) -> str:
    """Returns the words with the names blanked out."""
    for start, end in spans:
        wording = wording[:start] + " " * (min(end, len(wording)) - start) + wording[end:] if start < len(wording) else wording
    return wording


def _is_reversed(claim: ClaimedFact, places: Mapping[str, Sequence[CharacterSpan]]) -> bool:
    """Returns whether a simple sentence, as `A bought B` or `B was bought by A`, states the reverse direction."""
    verb, *more = claim.relation.split("_")
    is_passive = more == ["BY"]
    if (more and not is_passive) or len(verb) <= _MIN_SHORT or verb.startswith(_BOTH_WAYS):
        return False
    stem = re.escape(re.sub(r"(?:ED|ES|S|D|E|ING)$", "", verb).lower())
    form = rf"{stem}(?:ed|es|s|d|e|ing|n|en)?"
    ahead, behind = (_PASSIVE, _ACTIVE) if not is_passive else (_ACTIVE, _PASSIVE)
    source, target = places[claim.source.name], places[claim.target.name]
    return _stands_between(claim.sentence, source, target, ahead.format(verb=form)) or _stands_between(
        claim.sentence, target, source, behind.format(verb=form)
    )


def _stands_between(wording: str, first: Sequence[CharacterSpan], second: Sequence[CharacterSpan], words: str) -> bool:
    starts = [start for start, _ in second]
    for _, end in first:
        later = bisect_right(starts, end)
        if later < len(starts) and re.fullmatch(words, wording[end : starts[later]], re.IGNORECASE):
            return True
    return False
