"""States what the words right before and behind a person's name call the person: `WorldCom boss X`, `X, head of Y's lab`.

Reads the words in their order, as the parser often hangs a phrase of this kind on another word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.names.english_words import is_common_word
from fathom.extraction.rules.names.gazetteer import is_first_name
from fathom.extraction.rules.relations.noun_relations import (
    FORMER,
    HEADS,
    NOT_HELD,
    Held,
    is_of_persons,
    is_profession,
    noun_statement,
    word_before,
)
from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN, readings, word_set
from fathom.extraction.rules.relations.statements import Named, Predicate, Statement
from fathom.extraction.rules.text.factuality import is_question
from fathom.extraction.rules.text.sentence import Referent, Sentence

TITLES = word_set("mr mr. mrs mrs. ms ms. miss dr dr. sir dame lord lady professor prof prof. rev rt hon")
_CAPITAL_ROLES = word_set(
    "ceo mp mep msp president minister chairman chairwoman chancellor secretary director premier senator governor chief "
    "prime foreign deputy executive"
)
# `in` and `on` say where or what about; `with` only where somebody works.
_PREPOSITIONS = frozenset({"of", "at", "for", "to", "with"})
_ABOUT = frozenset({"for", "on"})  # `Y spokesman for trade X`
_ARTICLES = frozenset({"the", "a", "an"})
_POSSESSIVE = frozenset({"'s", "’s", "'", "’"})
_DASHES = frozenset({"-", "–"})
_AFTER_ROLE = frozenset({"general", "designate", "emeritus", "elect"})
_ENDS = frozenset(
    {",", ".", ";", ":", ")", "(", "and", "who", "said", "says", "has", "was", "is", "had", "told", "but", "to", "in", "on"}
)
_NOT_WITHIN = frozenset({"VERB", "AUX", "ADP", "DET", "PRON", "CCONJ", "SCONJ", "ADV", "PART", "NUM", "PUNCT"})
MAX_WORDS = 6  # of what a person is called


class _Called(NamedTuple):
    """Words that a person is called by, the role last, and where they end."""

    words: list[str]
    noun: Any
    end: int  # of the word behind them


def role_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields what each person of the sentence is called by the words beside the name."""
    asks = is_question(sentence.span)
    within = {token: one for one in sentence.named for token in range(one.first, one.last + 1)}
    for one in sentence.named:
        if is_personal(one):
            yield from _before(sentence, one, within) if not asks else ()
            yield from _behind(sentence, one, within)


def is_personal(one: Named) -> bool:
    """Tells whether the name is a person's, or has a first name before another where its type is not sure."""
    words = one.entity.split()
    return one.type == "Person" or (
        one.type in (UNKNOWN, "Group") and not one.is_sure and len(words) in (2, 3) and is_first_name(words[0])
    )


def _before(sentence: Sentence, person: Named, within: dict[int, Named]) -> Iterator[Statement]:
    """Yields `Y director X`, `Y's director, X,` and `the director of Y, X,`."""
    doc, place = person.head.doc, start_of(person) - 1
    comma = place >= sentence.span.start and doc[place].text == ","
    if comma:
        place -= 1
        after = person.last + 1
        if after < sentence.span.end and doc[after].text not in (",", ".", ")", ":"):
            return
    if place <= sentence.span.start or (comma and place in within):
        if comma and (owner := within.get(place)) is not None:
            yield from _of_owner_before(sentence, person, owner)
        return
    last = place
    while place >= sentence.span.start and last - place < MAX_WORDS and place not in within:
        if not _is_inside(doc[place]) and doc[place].lower_ not in _ABOUT:
            break
        place -= 1
    if place == last or place < sentence.span.start:
        return
    has = doc[place].text in _POSSESSIVE
    owner = within.get(place - 1 if has else place)
    if owner is None or owner is person or (comma and not has) or is_adjective(owner.entity):
        return
    about = next((at for at in range(place + 1, last + 1) if doc[at].lower_ in _ABOUT), last + 1)
    called = _called(doc, place + 1, about)
    if called is None or word_before(owner) in NOT_HELD or not (has or _may_call(owner, called)):
        return
    if word_before(owner) in FORMER:
        called = called._replace(words=["former", *called.words])
    yield from _stated(person, called, owner, ("of", True), within)


def _of_owner_before(sentence: Sentence, person: Named, owner: Named) -> Iterator[Statement]:
    """Yields `the director of Y, X,`."""
    doc, place = owner.head.doc, owner.first - 1
    if place > sentence.span.start and doc[place].lower_ == "the":
        place -= 1
    preposition = doc[place].lower_
    if preposition not in ("of", "at", "for") or place <= sentence.span.start:
        return
    last = place - 1
    first = last
    while first >= sentence.span.start and last - first < MAX_WORDS and _is_inside(doc[first]):
        first -= 1
    if first == last or first < sentence.span.start or doc[first].lower_ not in ("the", ","):
        return
    called = _called(doc, first + 1, last + 1)
    if called is not None:
        yield from _stated(person, called, owner, (preposition, False), {})


def _behind(sentence: Sentence, person: Named, within: dict[int, Named]) -> Iterator[Statement]:
    """Yields `X, Y director,`, `X, the head of Y and chair of Z`."""
    doc, place, end = person.head.doc, person.last + 1, sentence.span.end
    if place + 2 >= end or doc[place].text != ",":
        return
    place += 1
    if doc[place].like_num and doc[place + 1].text == "," and place + 2 < end:  # the age
        place += 2
    while place < end:
        if doc[place].lower_ in _ARTICLES | {"now", "currently"}:
            place += 1
        owner = within.get(place)
        if owner is not None and owner.first == place:
            yield from _with_owner_first(person, owner, within, end)
            return
        found = _phrase(doc, place, end, within)
        if found is None:
            return
        called, preposition, owner, place = found
        if owner is not None:
            yield from _stated(person, called, owner, (preposition, False), within)
        if place >= end or doc[place].lower_ != "and":
            return
        place += 1


def _with_owner_first(person: Named, owner: Named, within: dict[int, Named], end: int) -> Iterator[Statement]:
    doc, place = owner.head.doc, owner.last + 1
    has = place < end and doc[place].text in _POSSESSIVE
    place += has
    start = place
    while place < end and place - start < MAX_WORDS and place not in within and _is_inside(doc[place]):
        place += 1
    stops = place < end and (
        doc[place].text in (",", ".", ";", ")", ":") or doc[place].lower_ in ("and", "of", "for", "at", "in")
    )
    called = _called(doc, start, place) if stops else None
    if called is not None and not is_adjective(owner.entity) and (has or _may_call(owner, called)):
        yield from _stated(person, called, owner, ("of", True), within)


def _phrase(doc: Any, start: int, end: int, within: dict[int, Named]) -> tuple[_Called, str, Named | None, int] | None:
    """Returns the role, its preposition, whose it is and where the phrase ends: `head of the bank X`."""
    place = start
    while place < end and place - start < MAX_WORDS and place not in within and _is_inside(doc[place]):
        place += 1
    if place + 1 >= end or doc[place].lower_ not in _PREPOSITIONS:
        return None
    called, preposition = _called(doc, start, place), doc[place].lower_
    place += 1
    beyond = place
    while place < end and place not in within and place - beyond < MAX_WORDS and _may_lead_to_name(doc[place]):
        place += 1
    owner = within.get(place)
    if called is None:
        return None
    if owner is None or _leads_to_employer(doc, owner.last + 1, end, within):
        at = next((at for at in range(beyond, min(place + MAX_WORDS, end - 1)) if doc[at].lower_ == "at"), end)
        if any(token.text == "," or token.pos_ in ("VERB", "AUX") for token in doc[beyond:at]):
            return None
        preposition, owner = "at", within.get(at + 2 if at + 2 < end and doc[at + 1].lower_ == "the" else at + 1)
    if owner is None or is_adjective(owner.entity):
        return None
    return called, preposition, owner, owner.last + 1


def _leads_to_employer(doc: Any, place: int, end: int, within: dict[int, Named]) -> bool:
    """Tells whether `at Y` follows: `head of Distribution at Y`."""
    return place + 1 < end and doc[place].lower_ == "at" and (place + 1 in within or place + 2 in within)


def _may_lead_to_name(token: Any) -> bool:
    """Tells whether the word may stand between a preposition and a name: `at the software company X`."""
    return bool(
        token.lower_ in ("the", "its")
        or token.text in _POSSESSIVE
        or (token.text.islower() and token.pos_ in ("NOUN", "ADJ", "VERB") and token.tag_ not in ("VBD", "VBZ", "VBP"))
    )


def _called(doc: Any, start: int, end: int) -> _Called | None:
    """Returns the words as what somebody is called; None where the last is no role or one of them denies it."""
    words: list[str] = []
    noun = None
    for token in doc[start:end]:
        if token.text in _DASHES and words:
            words[-1] += "-"
        elif words and words[-1].endswith("-"):
            words[-1] += token.lower_
            noun = token
        else:
            words.append(token.lower_)
            noun = token
    while len(words) > 1 and words[-1] in _AFTER_ROLE and f"{words[-2]} {words[-1]} of" not in ("director general of",):
        words.pop()
        noun = noun.nbor(-1) if noun is not None else None
    if noun is None or not words or set(words) & NOT_HELD or words[-1].endswith("-"):
        return None
    if not any(readings(f"{' '.join(words[first:])} of", noun=True) for first in range(len(words))) and not is_profession(noun):
        return None
    return _Called(words, noun, end)


def _stated(
    person: Named, called: _Called, owner: Named, said: tuple[str, bool], within: dict[int, Named]
) -> Iterator[Statement]:
    preposition, is_owner = said
    former = bool(FORMER & set(called.words)) or any(word.startswith("ex-") for word in called.words)
    words = [word.removeprefix("ex-") for word in called.words if word not in FORMER]
    if not words or owner.entity == person.entity or (not is_owner and _is_joined(owner)):
        return
    first = next(
        (first for first in range(len(words)) if readings(f"{' '.join(words[first:])} {preposition}", noun=True)), None
    )
    is_special = len(words) > 1 and not _is_mild(words[-2:-1])  # `political editor`
    role = " ".join(words[first:] if first is not None else words[-2:] if is_special else words[-1:])
    before = words[: first if first is not None else -1]
    if is_of_persons(readings(f"{role} {preposition}", noun=True)) and (
        owner.type not in ("Person", UNKNOWN) or _has_part(owner, within)
    ):
        return
    is_part = _has_part(owner, within) if not is_owner else bool(before and words[-1] in HEADS and not _is_mild(before))
    held = Held(Referent(person), None, "owner" if is_owner else "apposition", former)
    if is_part and country_of(owner.entity) is None:
        if owner.type not in ("Location", "Person") and not former:
            yield Statement(person, owner, Predicate("work for", "works for"), held.evidence, called.noun)
        return
    if is_part and not is_owner:
        return
    lesser = [word for word in before if word in _LESSER]
    text = " ".join([*lesser, role, preposition])
    yield from noun_statement(called.noun, held, Referent(owner), (text, text), is_owner)


_LESSER = word_set("vice deputy assistant associate acting honorary interim junior under sub caretaker")


def _is_mild(words: Sequence[str]) -> bool:
    """Tells whether the words before a role leave it what it is: `new`, `long-serving`, `30-year-old`."""
    return all(word in _MILD or "-" in word or word in _LESSER or word.endswith("ing") for word in words)


_MILD = word_set(
    "new current veteran chief senior then first group executive general founding great young old national team club party"
)


def _has_part(owner: Named, within: dict[int, Named]) -> bool:
    """Tells whether the name only begins a longer phrase: `head of Y's laboratory`, `head of Y research`."""
    doc, after = owner.head.doc, owner.last + 1
    if after >= len(doc):
        return False
    if doc[after].text in _POSSESSIVE:
        return True
    return bool(doc[after].text.islower() and doc[after].pos_ in ("NOUN", "ADJ") and doc[after].lower_ not in _ENDS)


def _is_joined(owner: Named) -> bool:
    """Tells whether the name stands in a word with another: `director of Ford-owned Jaguar`."""
    doc, after = owner.head.doc, owner.last + 1
    return bool(after < len(doc) and doc[after].text in _DASHES and not doc[after].whitespace_)


def _is_inside(token: Any) -> bool:
    """Tells whether the word may be one of those that a person is called by."""
    if token.text in _DASHES:
        return True
    if not token.text.islower():
        return token.lower_ in _CAPITAL_ROLES
    return token.pos_ not in _NOT_WITHIN or (token.pos_ == "VERB" and token.dep_ in ("compound", "amod")) or _in_dashes(token)


def _in_dashes(token: Any) -> bool:
    doc = token.doc
    before = token.i > 0 and doc[token.i - 1].text in _DASHES
    return bool(before or (token.i + 1 < len(doc) and doc[token.i + 1].text in _DASHES))


def _may_call(owner: Named, called: _Called) -> bool:
    """Tells whether a name right before the words may be whose they are: `Nokia director`, not `London director`."""
    if owner.type == UNKNOWN and is_common_word(owner.entity):  # `Health Secretary X`
        return False
    if owner.first > owner.head.sent.start:
        before = owner.head.doc[owner.first - 1]
        if before.text[:1].isupper() and before.pos_ in ("PROPN", "ADJ") and before.lower_ not in FORMER | _ARTICLES:
            return False  # of a longer name, the rest of which was not found
    if owner.type in ("Person", "Language", "Event", "Work"):
        return owner.type != "Language" and len(owner.entity.split()) > 1 and called.words[-1] in _OF_TEAMS
    if owner.type == "Location":
        return country_of(owner.entity) is not None or called.words[-1] in _OF_TEAMS
    return True


_OF_TEAMS = word_set(
    "manager coach striker midfielder defender goalkeeper captain skipper winger boss chairman forward keeper fly-half "
    "full-back scrum-half prop hooker flanker lock centre centre-half mayor"
)


def start_of(one: Named) -> int:
    """Returns where a name begins with the titles before it."""
    place = one.first
    while place > one.head.sent.start and one.head.doc[place - 1].lower_ in TITLES:
        place -= 1
    return place
