"""Roles of persons, from the words directly before and after their names: `WorldCom boss X`, `X, head of Y's lab`.

Uses word order, since the parser often attaches these phrases to the wrong word.
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
    RoleHolder,
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
# Without `in` and `on`, which introduce a place or a topic; `with` introduces an employer.
_PREPOSITIONS = frozenset({"of", "at", "for", "to", "with"})
_TOPIC_PREPOSITIONS = frozenset({"for", "on"})  # `Y spokesman for trade X`
_ARTICLES = frozenset({"the", "a", "an"})
_POSSESSIVE = frozenset({"'s", "’s", "'", "’"})
_DASHES = frozenset({"-", "–"})
_ROLE_SUFFIXES = frozenset({"general", "designate", "emeritus", "elect"})
_PHRASE_ENDS = frozenset(
    {",", ".", ";", ":", ")", "(", "and", "who", "said", "says", "has", "was", "is", "had", "told", "but", "to", "in", "on"}
)
_EXCLUDED_TAGS = frozenset({"VERB", "AUX", "ADP", "DET", "PRON", "CCONJ", "SCONJ", "ADV", "PART", "NUM", "PUNCT"})
MAX_WORDS = 6  # tokens of a role


class _RolePhrase(NamedTuple):
    """A role phrase: its words with the head noun last, and the token after it."""

    words: list[str]
    noun: Any
    end: int  # index of the token after the words


def role_statements(sentence: Sentence) -> Iterator[Statement]:
    """Yields the roles that each person of the sentence has by the words beside the name."""
    asks = is_question(sentence.span)
    named_by_token = {token: named for named in sentence.named for token in range(named.first, named.last + 1)}
    for named in sentence.named:
        if is_personal(named):
            yield from _roles_before(sentence, named, named_by_token) if not asks else ()
            yield from _roles_after(sentence, named, named_by_token)


def is_personal(named: Named) -> bool:
    """Returns whether the name is a person's, by type or, where the type is unsure, by a first name at its start."""
    words = named.entity.split()
    return named.type == "Person" or (
        named.type in (UNKNOWN, "Group") and not named.is_sure and len(words) in (2, 3) and is_first_name(words[0])
    )


def _roles_before(sentence: Sentence, person: Named, named_by_token: dict[int, Named]) -> Iterator[Statement]:
    """Yields roles before the name: `Y director X`, `Y's director, X,`, `the director of Y, X,`."""
    doc, place = person.head.doc, start_of(person) - 1
    comma = place >= sentence.span.start and doc[place].text == ","
    if comma:
        place -= 1
        after = person.last + 1
        if after < sentence.span.end and doc[after].text not in (",", ".", ")", ":"):
            return
    if place <= sentence.span.start or (comma and place in named_by_token):
        if comma and (owner := named_by_token.get(place)) is not None:
            yield from _complements_before(sentence, person, owner)
        return
    last = place
    while place >= sentence.span.start and last - place < MAX_WORDS and place not in named_by_token:
        if not _is_inside(doc[place]) and doc[place].lower_ not in _TOPIC_PREPOSITIONS:
            break
        place -= 1
    if place == last or place < sentence.span.start:
        return
    is_possessive = doc[place].text in _POSSESSIVE
    owner = named_by_token.get(place - 1 if is_possessive else place)
    if owner is None or owner is person or (comma and not is_possessive) or is_adjective(owner.entity):
        return
    role_end = next((at for at in range(place + 1, last + 1) if doc[at].lower_ in _TOPIC_PREPOSITIONS), last + 1)
    role = _role_phrase(doc, place + 1, role_end)
    if role is None or word_before(owner) in NOT_HELD or not (is_possessive or _may_be_complement(owner, role)):
        return
    if word_before(owner) in FORMER:
        role = role._replace(words=["former", *role.words])
    yield from _statements(person, role, owner, ("of", True), named_by_token)


def _complements_before(sentence: Sentence, person: Named, owner: Named) -> Iterator[Statement]:
    """Yields roles with a prepositional complement before the name: `the director of Y, X,`."""
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
    role = _role_phrase(doc, first + 1, last + 1)
    if role is not None:
        yield from _statements(person, role, owner, (preposition, False), {})


def _roles_after(sentence: Sentence, person: Named, named_by_token: dict[int, Named]) -> Iterator[Statement]:
    """Yields roles in an apposition after the name: `X, Y director,`, `X, the head of Y and chair of Z`."""
    doc, place, end = person.head.doc, person.last + 1, sentence.span.end
    if place + 2 >= end or doc[place].text != ",":
        return
    place += 1
    if doc[place].like_num and doc[place + 1].text == "," and place + 2 < end:  # the age
        place += 2
    while place < end:
        if doc[place].lower_ in _ARTICLES | {"now", "currently"}:
            place += 1
        owner = named_by_token.get(place)
        if owner is not None and owner.first == place:
            yield from _roles_after_owner(person, owner, named_by_token, end)
            return
        found = _phrase(doc, place, end, named_by_token)
        if found is None:
            return
        role, preposition, owner, place = found
        if owner is not None:
            yield from _statements(person, role, owner, (preposition, False), named_by_token)
        if place >= end or doc[place].lower_ != "and":
            return
        place += 1


def _roles_after_owner(person: Named, owner: Named, named_by_token: dict[int, Named], end: int) -> Iterator[Statement]:
    doc, place = owner.head.doc, owner.last + 1
    is_possessive = place < end and doc[place].text in _POSSESSIVE
    place += is_possessive
    start = place
    while place < end and place - start < MAX_WORDS and place not in named_by_token and _is_inside(doc[place]):
        place += 1
    stops = place < end and (
        doc[place].text in (",", ".", ";", ")", ":") or doc[place].lower_ in ("and", "of", "for", "at", "in")
    )
    role = _role_phrase(doc, start, place) if stops else None
    if role is not None and not is_adjective(owner.entity) and (is_possessive or _may_be_complement(owner, role)):
        yield from _statements(person, role, owner, ("of", True), named_by_token)


def _phrase(
    doc: Any, start: int, end: int, named_by_token: dict[int, Named]
) -> tuple[_RolePhrase, str, Named | None, int] | None:
    """Returns the role, its preposition, its complement and the index after the phrase: `head of the bank X`."""
    place = start
    while place < end and place - start < MAX_WORDS and place not in named_by_token and _is_inside(doc[place]):
        place += 1
    if place + 1 >= end or doc[place].lower_ not in _PREPOSITIONS:
        return None
    role, preposition = _role_phrase(doc, start, place), doc[place].lower_
    place += 1
    beyond = place
    while place < end and place not in named_by_token and place - beyond < MAX_WORDS and _may_lead_to_name(doc[place]):
        place += 1
    owner = named_by_token.get(place)
    if role is None:
        return None
    if owner is None or _leads_to_employer(doc, owner.last + 1, end, named_by_token):
        at = next((at for at in range(beyond, min(place + MAX_WORDS, end - 1)) if doc[at].lower_ == "at"), end)
        if any(token.text == "," or token.pos_ in ("VERB", "AUX") for token in doc[beyond:at]):
            return None
        preposition, owner = "at", named_by_token.get(at + 2 if at + 2 < end and doc[at + 1].lower_ == "the" else at + 1)
    if owner is None or is_adjective(owner.entity):
        return None
    return role, preposition, owner, owner.last + 1


def _leads_to_employer(doc: Any, place: int, end: int, named_by_token: dict[int, Named]) -> bool:
    """Returns whether `at Y` follows: `head of Distribution at Y`."""
    return place + 1 < end and doc[place].lower_ == "at" and (place + 1 in named_by_token or place + 2 in named_by_token)


def _may_lead_to_name(token: Any) -> bool:
    """Returns whether the token may stand between a preposition and a name: `at the software company X`."""
    return bool(
        token.lower_ in ("the", "its")
        or token.text in _POSSESSIVE
        or (token.text.islower() and token.pos_ in ("NOUN", "ADJ", "VERB") and token.tag_ not in ("VBD", "VBZ", "VBP"))
    )


def _role_phrase(doc: Any, start: int, end: int) -> _RolePhrase | None:
    """Returns the words as a role phrase; None where the last word is no role or a modifier negates it."""
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
    while len(words) > 1 and words[-1] in _ROLE_SUFFIXES and f"{words[-2]} {words[-1]} of" not in ("director general of",):
        words.pop()
        noun = noun.nbor(-1) if noun is not None else None
    if noun is None or not words or set(words) & NOT_HELD or words[-1].endswith("-"):
        return None
    if not any(readings(f"{' '.join(words[first:])} of", noun=True) for first in range(len(words))) and not is_profession(noun):
        return None
    return _RolePhrase(words, noun, end)


def _statements(
    person: Named, role: _RolePhrase, owner: Named, link: tuple[str, bool], named_by_token: dict[int, Named]
) -> Iterator[Statement]:
    preposition, is_owner = link
    former = bool(FORMER & set(role.words)) or any(word.startswith("ex-") for word in role.words)
    words = [word.removeprefix("ex-") for word in role.words if word not in FORMER]
    if not words or owner.entity == person.entity or (not is_owner and _is_joined(owner)):
        return
    first = next(
        (first for first in range(len(words)) if readings(f"{' '.join(words[first:])} {preposition}", noun=True)), None
    )
    is_special = len(words) > 1 and not _are_neutral(words[-2:-1])  # `political editor`
    head_words = " ".join(words[first:] if first is not None else words[-2:] if is_special else words[-1:])
    before = words[: first if first is not None else -1]
    if is_of_persons(readings(f"{head_words} {preposition}", noun=True)) and (
        owner.type not in ("Person", UNKNOWN) or _has_part(owner, named_by_token)
    ):
        return
    is_part = (
        _has_part(owner, named_by_token) if not is_owner else bool(before and words[-1] in HEADS and not _are_neutral(before))
    )
    holder = RoleHolder(Referent(person), None, "owner" if is_owner else "apposition", former)
    if is_part and country_of(owner.entity) is None:
        if owner.type not in ("Location", "Person") and not former:
            yield Statement(person, owner, Predicate("work for", "works for"), holder.evidence, role.noun)
        return
    if is_part and not is_owner:
        return
    ranks = [word for word in before if word in _RANK_MODIFIERS]
    text = " ".join([*ranks, head_words, preposition])
    yield from noun_statement(role.noun, holder, Referent(owner), (text, text), is_owner)


_RANK_MODIFIERS = word_set("vice deputy assistant associate acting honorary interim junior under sub caretaker")


def _are_neutral(words: Sequence[str]) -> bool:
    """Returns whether the modifiers leave the meaning of a role unchanged: `new`, `long-serving`, `30-year-old`."""
    return all(word in _NEUTRAL_MODIFIERS or "-" in word or word in _RANK_MODIFIERS or word.endswith("ing") for word in words)


_NEUTRAL_MODIFIERS = word_set(
    "new current veteran chief senior then first group executive general founding great young old national team club party"
)


def _has_part(owner: Named, named_by_token: dict[int, Named]) -> bool:
    """Returns whether the name modifies a longer phrase: `head of Y's laboratory`, `head of Y research`."""
    doc, after = owner.head.doc, owner.last + 1
    if after >= len(doc):
        return False
    if doc[after].text in _POSSESSIVE:
        return True
    return bool(doc[after].text.islower() and doc[after].pos_ in ("NOUN", "ADJ") and doc[after].lower_ not in _PHRASE_ENDS)


def _is_joined(owner: Named) -> bool:
    """Returns whether the name is part of a hyphenated compound: `director of Ford-owned Jaguar`."""
    doc, after = owner.head.doc, owner.last + 1
    return bool(after < len(doc) and doc[after].text in _DASHES and not doc[after].whitespace_)


def _is_inside(token: Any) -> bool:
    """Returns whether the token may be part of a role phrase."""
    if token.text in _DASHES:
        return True
    if not token.text.islower():
        return token.lower_ in _CAPITAL_ROLES
    return (
        token.pos_ not in _EXCLUDED_TAGS or (token.pos_ == "VERB" and token.dep_ in ("compound", "amod")) or _in_dashes(token)
    )


def _in_dashes(token: Any) -> bool:
    doc = token.doc
    before = token.i > 0 and doc[token.i - 1].text in _DASHES
    return bool(before or (token.i + 1 < len(doc) and doc[token.i + 1].text in _DASHES))


def _may_be_complement(owner: Named, role: _RolePhrase) -> bool:
    """Returns whether a name directly before a role may be its complement: `Nokia director`, not `London director`."""
    if owner.type == UNKNOWN and is_common_word(owner.entity):  # `Health Secretary X`
        return False
    if owner.first > owner.head.sent.start:
        before = owner.head.doc[owner.first - 1]
        if before.text[:1].isupper() and before.pos_ in ("PROPN", "ADJ") and before.lower_ not in FORMER | _ARTICLES:
            return False  # part of a longer name that was not recognized
    if owner.type in ("Person", "Language", "Event", "Work"):
        return owner.type != "Language" and len(owner.entity.split()) > 1 and role.words[-1] in _TEAM_ROLES
    if owner.type == "Location":
        return country_of(owner.entity) is not None or role.words[-1] in _TEAM_ROLES
    return True


_TEAM_ROLES = word_set(
    "manager coach striker midfielder defender goalkeeper captain skipper winger boss chairman forward keeper fly-half "
    "full-back scrum-half prop hooker flanker lock centre centre-half mayor"
)


def start_of(named: Named) -> int:
    """Returns the index of the first token of a name, including preceding titles."""
    place = named.first
    while place > named.head.sent.start and named.head.doc[place - 1].lower_ in TITLES:
        place -= 1
    return place
