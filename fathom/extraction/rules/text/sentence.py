"""Resolves words of a sentence to named things: names, `the town of X`, pronouns with a safe antecedent (coreference)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fathom.extraction.rules.names.countries import country_of
from fathom.extraction.rules.names.gazetteer import is_city
from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN, word_set
from fathom.extraction.rules.relations.statements import Named, is_subject

# Whether a person is meant. `They` and `their` have no safe antecedent: a person, several, or a company.
_PRONOUNS = {"he": True, "she": True, "his": True, "her": True, "him": True, "it": False, "its": False}
_RELATIVES = frozenset({"who", "which", "that"})
_PLACE_NOUNS = word_set(
    "town city village island state county kingdom republic parish province district municipality borough commune "
    "hamlet region capital suburb territory prefecture principality duchy archipelago peninsula community "
    "township"
)
# `in the north of X` is in X.
_PARTS_OF_PLACES = word_set(
    "north south east west northeast northwest southeast southwest centre center heart outskirts suburb suburbs area region "
    "part middle district neighbourhood neighborhood city town village vicinity mountains hills countryside capital"
)
# Parts that act for their whole: `the board of X`.
_BODIES = frozenset({"board", "management", "directors", "shareholders", "leadership", "administration"})
_FIRMS = frozenset({"company", "firm"})
# `the X unit` is X itself.
_WHOLES = word_set(
    "unit field farm group project brand programme program website service chain newspaper magazine album label studio "
    "subsidiary business"
)
# A clause without a subject below these shares the subject of the verb above: `after joining X, she …`.
_SHARING = frozenset({"after", "since", "before", "by", "on", "upon", "while", "when"})
_FRENCH_PLACES = frozenset({"ville", "commune", "village", "port", "île", "région", "province", "cité"})
_THINGS = frozenset({"Organization", "Location", "Work", "Product", "Event", "Law", UNKNOWN})
_BODIES_TYPES = frozenset({"Organization", UNKNOWN})
_OF_PERSONS = word_set("study work live grow graduate move train teach settle serve play lecture practise practice retire")
_OF_THINGS = word_set(
    "found establish base headquarter own build design write direct produce publish develop make launch create form locate "
    "situate acquire name call lead run"
)
_DEEPEST = 6


class Referent(NamedTuple):
    """A named thing that a word refers to, and whether by a pronoun or another noun."""

    named: Named
    by_pronoun: bool = False


class Sentence:
    """The words of a sentence with their named things, and the topics carried on from earlier sentences."""

    def __init__(self, span: Any, named: Sequence[Named], antecedents: Sequence[Named]) -> None:
        self.span = span
        self.named = named
        self._by_head = {thing.head.i: thing for thing in named}
        self.antecedents = antecedents

    def at(self, word: Any) -> Named | None:
        """Returns the thing whose name the word heads."""
        return self._by_head.get(word.i)

    def meant(self, word: Any) -> Referent | None:
        """Returns the single thing that a word refers to; None where there is none or it is ambiguous."""
        if (own := self.at(word)) is not None:
            return Referent(own)
        if (person := _PRONOUNS.get(word.lower_)) is not None and word.pos_ in ("PRON", "DET"):
            return self._antecedent(word, person)
        if _is_by_age(word):
            return self._antecedent(word, True)
        return self._by_noun(word)

    def all_meant(self, word: Any) -> list[Referent]:
        """Returns the things that a word and its coordinated words refer to."""
        first = self.meant(word)
        if first is None and word.pos_ != "PROPN":  # a list that does not begin with a name is ambiguous
            return []
        joined = [other for other in word.conjuncts if other.i > word.i and other.pos_ != "VERB"] or self._listed(word)
        found = [first, *map(self.meant, joined)]
        return [thing for thing in found if thing is not None]

    def _listed(self, word: Any) -> list[Any]:
        """Returns the rest of a list that was parsed as an apposition: `X, Y and Z joined …`."""
        own = self.at(word)
        for child in word.children:
            other = self.at(child) if child.dep_ == "appos" else None
            joined = [thing for thing in child.conjuncts if self.at(thing) is not None] if other is not None else []
            if own is not None and other is not None and joined and own.type == other.type and own.last + 2 == other.first:
                return [child, *joined]
        return []

    def within(self, word: Any) -> list[Referent]:
        """Returns the things that the object of a preposition refers to: `in X`, `in the north of X`, `in the towns of X and
        Y`.
        """
        if found := self.all_meant(word):
            return found
        if word.tag_ == "NNS":  # `awards including X`
            listed = [thing for deeper in objects_of(word, ("including",)) for thing in self.all_meant(deeper)]
            if listed:
                return listed
        if word.lower_ in _PARTS_OF_PLACES:
            return [thing for deeper in objects_of(word, ("of",)) for thing in self.all_meant(deeper)]
        return []

    def subjects(self, verb: Any, depth: int = 0) -> list[Referent]:
        """Returns the subjects of the verb, also of passives."""
        if depth > _DEEPEST:
            return []
        own = [child for child in verb.children if is_subject(child)]
        if verb.dep_ == "relcl" and own and own[0].lower_ in _RELATIVES:
            return [thing for thing in self.described(verb.head) if own[0].lower_ == "who" or thing.named.type != "Person"]
        if own:
            return [thing for child in own for thing in self._person_of(child) or self.all_meant(child)]
        if (named := self._right_before(verb)) is not None:
            return [Referent(named)]
        if verb.dep_ in ("conj", "xcomp", "advcl") and verb.head.pos_ in ("VERB", "AUX"):
            return self.subjects(verb.head, depth + 1)
        if verb.dep_ == "pcomp" and _shares_subject(verb):
            return self.subjects(verb.head.head, depth + 1)
        if (first := first_of_list(verb)) is not None:
            return self.subjects(first, depth + 1)
        if verb.dep_ in ("acl", "relcl"):
            return self.described(verb.head)
        return []

    def _right_before(self, verb: Any) -> Named | None:
        """Returns X of `bought X, founded in 1998, and …`, where the participle was attached to the verb."""
        if verb.dep_ != "advcl" or verb.tag_ != "VBN" or verb.lemma_ not in _OF_THINGS or verb.i - 2 < self.span.start:
            return None
        if any(child.dep_ in ("mark", "aux", "auxpass", "advmod") for child in verb.children) or verb.nbor(-1).text != ",":
            return None
        return next((thing for thing in self.named if thing.last == verb.i - 2), None)

    def _person_of(self, word: Any) -> list[Referent]:
        """Returns X of `X of Y leads …`, where Y was parsed as the subject."""
        own = self.at(word)
        before = word.doc[own.first - 1] if own is not None and own.first > self.span.start else None
        if own is None or before is None or before.lower_ not in ("of", "from"):
            return []
        person = self.at(before.head)
        return [Referent(person)] if person is not None and person.type == "Person" and before.head.head.i == word.i else []

    def described(self, noun: Any, depth: int = 0) -> list[Referent]:
        """Returns the things that a noun describes: X in `X, an actor who …`, in `X is a village …` and in `the actor X`."""
        if depth > _DEEPEST:
            return []
        if (own := self.meant(noun)) is not None:
            return [own]
        if noun.dep_ == "appos":
            return self.described(noun.head, depth + 1)
        if noun.dep_ == "conj" and noun.head.pos_ in ("NOUN", "PROPN"):
            return [] if self.at(noun.head) else self.described(noun.head, depth + 1)
        if noun.dep_ == "attr":
            return self.subjects(noun.head)
        return []

    def _by_noun(self, word: Any) -> Referent | None:
        if word.pos_ not in ("NOUN", "PROPN"):
            return None
        for child in word.children:
            named = self.at(child)
            if named is None or not (child.dep_ in ("appos", "compound") or _is_called(word, child)):
                continue
            if child.dep_ == "appos" and _is_placing(word.doc, named.first - 1):
                continue  # `a tract of land up the River X`
            if child.dep_ == "appos" or (child.i > word.i) or _is_whole(word, named):
                return Referent(named)
        if word.lower_ in _PLACE_NOUNS or word.lower_ in _BODIES:
            for whole in [*objects_of(word, ("of",)), *(child for child in word.children if child.dep_ == "poss")]:
                if (named := self.at(whole)) is not None:
                    return Referent(named)
        if not any(child.dep_ in ("prep", "acl", "relcl", "amod", "compound", "poss") for child in word.children):
            known = [thing for thing in self.antecedents if _stands_for(word, thing)] or self._firms_before(word)
            return Referent(known[0], True) if len({thing.entity for thing in known}) == 1 else None
        return None

    def _firms_before(self, word: Any) -> list[Named]:
        """Returns the candidates for `the company`: the organizations before it in the sentence, else the topic carried on."""
        if word.lower_ not in _FIRMS or not any(child.lower_ == "the" for child in word.children):
            return []
        here = [thing for thing in self.named if thing.last < word.i and thing.type in ("Organization", UNKNOWN)]
        return here or [thing for thing in self.antecedents if thing.type == "Organization"]

    def _names_another(self, pronoun: Any) -> bool:
        """Returns whether a subject before the pronoun is an unrecognized name, which it may refer to."""
        words = self.span.doc[self.span.start : pronoun.i]
        return any(is_subject(word) and word.pos_ == "PROPN" and self.at(word) is None for word in words)

    def _antecedent(self, pronoun: Any, person: bool) -> Referent | None:
        """Returns the antecedent of a pronoun: the only fitting thing before it in the sentence, else the topic carried on."""
        before = [thing for thing in self.named if thing.last < pronoun.i and may_refer(thing, person=person)]
        if not person:  # `In Leith, Northgate sold its yard`: the topic of a sentence
            begun = [token.i for token in self.span if token.text in ":;" and token.i < pronoun.i]
            doing = [thing for thing in before if is_subject(thing.head)]
            before = doing or [thing for thing in before if begun and thing.last < begun[-1] and thing.type in _BODIES_TYPES]
        if not before and self._names_another(pronoun):
            return None
        fitting = before or [thing for thing in self.antecedents if may_refer(thing, person=person)]
        return Referent(fitting[0], True) if len({thing.entity for thing in fitting}) == 1 else None


def _is_unknown_name(sentence: Sentence, word: Any) -> bool:
    return word.pos_ == "PROPN" and sentence.meant(word) is None


def carried_topics(sentence: Sentence, before: Sequence[Named]) -> list[Named]:
    """Returns the topics that pronouns of the next sentence may safely refer to: at most 1 person and 1 other thing.

    The person is the only person of the sentence, the antecedent of its subject pronoun, or the person it describes (`X is an
    engineer`); the other thing is its only non-person subject. A missing topic is kept from the sentence before.
    """
    kept: list[Named] = []
    subjects = [word for word in sentence.span if is_subject(word)]
    for person in (True, False):
        named = [thing for thing in sentence.named if may_refer(thing, person=person)]
        doing = [meant.named for word in subjects if (meant := sentence.meant(word)) and may_refer(meant.named, person=person)]
        by_pronoun = [meant.named for word in subjects if (meant := sentence.meant(word)) and meant.by_pronoun]
        said_of = [thing for thing in doing if thing.head.head.lemma_ == "be" and thing.head.head.dep_ == "ROOT"]
        choices = (named, [thing for thing in by_pronoun if may_refer(thing, person=person)], said_of) if person else (doing,)
        if person and any(_is_unknown_name(sentence, word) for word in subjects):
            continue  # the unrecognized name of another person
        alone = next((some[0] for some in choices if len({thing.entity for thing in some}) == 1), None)
        if alone is not None:
            kept.append(alone if alone.called else replace(alone, called=_called(alone)))
        elif not named:
            kept.extend(thing for thing in before if may_refer(thing, person=person))
    return kept


def may_refer(thing: Named, *, person: bool) -> bool:
    """Returns whether `he` or `she` may refer to the thing, or else `it`."""
    return thing.type == "Person" if person else thing.type in _THINGS


def _called(thing: Named) -> frozenset[str]:
    """Returns the nouns that the sentence applies to the thing: `song` and `single` of `X is a song and the third of …`."""
    verb = thing.head.head
    if verb.lemma_ != "be" or not is_subject(thing.head):
        return frozenset()
    nouns = [child for child in verb.children if child.dep_ == "attr" and child.pos_ == "NOUN"]
    nouns += [other for noun in nouns for other in noun.conjuncts if other.pos_ == "NOUN"]
    return frozenset(noun.lower_ for noun in nouns)


def _is_called(noun: Any, name: Any) -> bool:
    """Returns whether a French noun describes the name: `l'agence X`, `la ville de X`, not `le siège à X`."""
    case = [child.lower_ for child in name.children if child.dep_ == "case"]
    if any(token.text in ",;:" for token in noun.doc[noun.i + 1 : name.i]):
        return False  # of a list
    return name.dep_ == "nmod" and name.i > noun.i and (not case or (case == ["de"] and noun.lower_ in _FRENCH_PLACES))


def _is_whole(word: Any, named: Named) -> bool:
    """Returns whether a noun behind a name only describes it: `the Dudgeon wind farm`, not `a Dudgeon farm`."""
    if word.lower_ not in _WHOLES or country_of(named.entity) or is_city(named.entity):
        return False
    between = word.doc[named.last + 1 : word.i]
    known = any(child.lower_ in ("the", "its", "their", "his", "her") and child.i < named.first for child in word.children)
    return known and len(between) <= 1 and all(token.text.islower() for token in between)


def _is_placing(doc: Any, place: int) -> bool:
    """Returns whether a preposition or particle precedes a name, or its article."""
    return bool(doc[place - 1 if doc[place].lower_ in ("the", "a", "an") else place].tag_ in ("IN", "RP"))


def _is_by_age(word: Any) -> bool:
    """Returns whether the word refers to a person by age: `the 25-year-old`."""
    if word.lower_ != "old" or word.i < 5 or word.nbor(-2).lower_ != "year":
        return False
    after = word.nbor(1) if word.i + 1 < len(word.doc) else word
    return word.nbor(-5).lower_ == "the" and word.nbor(-4).like_num and after.pos_ not in ("NOUN", "PROPN", "ADJ")


def _shares_subject(verb: Any) -> bool:
    """Returns whether the verb shares the subject of the verb above: `after joining X, she …`, not `it was won by joining
    X`.
    """
    above = verb.head.head
    if verb.head.lower_ not in _SHARING or above.pos_ not in ("VERB", "AUX"):
        return False
    return not (verb.head.lower_ == "by" and any(child.dep_ in ("nsubjpass", "auxpass") for child in above.children))


def first_of_list(verb: Any) -> Any | None:
    """Returns the verb that coordinates another verb parsed as of a noun: `was born in X, studied in Y, and died in Z`."""
    if verb.dep_ != "acl" or verb.lemma_ not in _OF_PERSONS or verb.tag_ not in ("VBN", "VBD"):
        return None
    if verb.i == 0 or verb.nbor(-1).text != ",":
        return None
    if any(child.dep_ == "agent" for child in verb.children):
        return None
    above = verb.head
    while above.pos_ not in ("VERB", "AUX") and above.head.i != above.i:
        above = above.head
    joined = any(child.dep_ == "conj" and child.i > verb.i and child.pos_ == "VERB" for child in above.children)
    return above if joined and above.i < verb.i and verb.head.dep_ in ("pobj", "dobj") else None


def _stands_for(word: Any, thing: Named) -> bool:
    """Returns whether the word refers to the thing by an earlier description, with a definite article: `the band`."""
    return word.lower_ in thing.called and any(child.lower_ in ("the", "this") for child in word.children)


def objects_of(word: Any, prepositions: Sequence[str]) -> list[Any]:
    """Returns the words that the prepositions join to the word."""
    return [
        deeper
        for child in word.children
        if child.dep_ == "prep" and child.lower_ in prepositions
        for deeper in child.children
        if deeper.dep_ == "pobj"
    ]
