"""Resolves words of a sentence to the named things they mean: names, `the town of X`, pronouns with a safe antecedent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fathom.language.rules.relation_vocabulary import UNKNOWN, word_set
from fathom.language.rules.statements import Named, is_subject

# Whether a person is meant. `They` and `their` have no safe antecedent: one person, several, or a company.
_PRONOUNS = {"he": True, "she": True, "his": True, "her": True, "it": False, "its": False}
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
# What does something for the whole that it is of: `the board of X`.
_BODIES = frozenset({"board", "management", "directors", "shareholders", "leadership", "administration"})
_FRENCH_PLACES = frozenset({"ville", "commune", "village", "port", "île", "région", "province", "cité"})
_THINGS = frozenset({"Organization", "Location", "Work", "Product", "Event", "Law", UNKNOWN})
_DEEPEST = 6


class Meant(NamedTuple):
    """A named thing that a word means, and whether by a pronoun or another noun."""

    named: Named
    by_pronoun: bool = False


class Sentence:
    """The words of one sentence with what they name, and the things that sentences before it were about."""

    def __init__(self, span: Any, named: Sequence[Named], antecedents: Sequence[Named]) -> None:
        self.span = span
        self.named = named
        self._by_head = {one.head.i: one for one in named}
        self.antecedents = antecedents

    def at(self, word: Any) -> Named | None:
        """Returns the thing whose name the word heads."""
        return self._by_head.get(word.i)

    def meant(self, word: Any) -> Meant | None:
        """Returns the one thing that a word means; None where it means none or it is not safe to say which."""
        if (own := self.at(word)) is not None:
            return Meant(own)
        if (person := _PRONOUNS.get(word.lower_)) is not None and word.pos_ in ("PRON", "DET"):
            return self._antecedent(word, person)
        return self._by_noun(word)

    def all_meant(self, word: Any) -> list[Meant]:
        """Returns what a word and those joined to it by `and` mean."""
        first = self.meant(word)
        if first is None and word.pos_ != "PROPN":  # of a list that begins with no name, what belongs to it is not safe
            return []
        found = [first] + [self.meant(other) for other in word.conjuncts if other.i > word.i and other.pos_ != "VERB"]
        return [one for one in found if one is not None]

    def within(self, word: Any) -> list[Meant]:
        """Returns what the object of a preposition means: `in X`, `in the north of X`, `in the towns of X and Y`."""
        if found := self.all_meant(word):
            return found
        if word.lower_ in _PARTS_OF_PLACES:
            return [one for deeper in objects_of(word, ("of",)) for one in self.all_meant(deeper)]
        return []

    def subjects(self, verb: Any, depth: int = 0) -> list[Meant]:
        """Returns what does, or suffers, what the verb says."""
        if depth > _DEEPEST:
            return []
        own = [child for child in verb.children if is_subject(child)]
        if verb.dep_ == "relcl" and own and own[0].lower_ in _RELATIVES:
            return self.described(verb.head)
        if own:
            return [one for child in own for one in self.all_meant(child)]
        if verb.dep_ in ("conj", "xcomp", "advcl") and verb.head.pos_ in ("VERB", "AUX"):
            return self.subjects(verb.head, depth + 1)
        if verb.dep_ in ("acl", "relcl"):
            return self.described(verb.head)
        return []

    def described(self, noun: Any, depth: int = 0) -> list[Meant]:
        """Returns the thing that a noun is said of: X in `X, an actor who …`, in `X is a village …` and in `the actor X`."""
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

    def _by_noun(self, word: Any) -> Meant | None:
        if word.pos_ not in ("NOUN", "PROPN"):
            return None
        for child in word.children:
            named = self.at(child)
            if named is None or not (child.dep_ in ("appos", "compound") or _is_called(word, child)):
                continue
            if child.dep_ == "appos" or (child.i > word.i):
                return Meant(named)
        if word.lower_ in _PLACE_NOUNS or word.lower_ in _BODIES:
            for whole in [*objects_of(word, ("of",)), *(child for child in word.children if child.dep_ == "poss")]:
                if (named := self.at(whole)) is not None:
                    return Meant(named)
        if not any(child.dep_ in ("prep", "acl", "relcl", "amod", "compound", "poss") for child in word.children):
            known = [one for one in self.antecedents if _stands_for(word, one)]
            return Meant(known[0], True) if len({one.entity for one in known}) == 1 else None
        return None

    def _names_another(self, pronoun: Any) -> bool:
        """Tells whether a subject before the pronoun is a name that was not found, which it may mean."""
        words = self.span.doc[self.span.start : pronoun.i]
        return any(is_subject(word) and word.pos_ == "PROPN" and self.at(word) is None for word in words)

    def _antecedent(self, pronoun: Any, person: bool) -> Meant | None:
        """Returns what a pronoun means: the only fitting thing before it in the sentence, else the one that is carried on."""
        before = [one for one in self.named if one.last < pronoun.i and may_be(one, person=person)]
        if not person:  # `In Leith, Northgate sold its yard`: what a sentence is about
            before = [one for one in before if is_subject(one.head)]
        if not before and self._names_another(pronoun):
            return None
        fitting = before or [one for one in self.antecedents if may_be(one, person=person)]
        return Meant(fitting[0], True) if len({one.entity for one in fitting}) == 1 else None


def _is_unknown_name(sentence: Sentence, word: Any) -> bool:
    return word.pos_ == "PROPN" and sentence.meant(word) is None


def carried_on(sentence: Sentence, before: Sequence[Named]) -> list[Named]:
    """Returns the things that pronouns of the next sentence may safely mean: at most one person and one other thing.

    The person is the only one of the sentence, or what its subject pronoun means, or whom it says something of (`X is an
    engineer`); the other thing is its only subject that is no person. Where the sentence has none, the one before is kept.
    """
    kept: list[Named] = []
    subjects = [word for word in sentence.span if is_subject(word)]
    for person in (True, False):
        named = [one for one in sentence.named if may_be(one, person=person)]
        doing = [meant.named for word in subjects if (meant := sentence.meant(word)) and may_be(meant.named, person=person)]
        by_pronoun = [meant.named for word in subjects if (meant := sentence.meant(word)) and meant.by_pronoun]
        said_of = [one for one in doing if one.head.head.lemma_ == "be" and one.head.head.dep_ == "ROOT"]
        choices = (named, [one for one in by_pronoun if may_be(one, person=person)], said_of) if person else (doing,)
        if person and any(_is_unknown_name(sentence, word) for word in subjects):
            continue  # another person's name, which was not found
        alone = next((some[0] for some in choices if len({one.entity for one in some}) == 1), None)
        if alone is not None:
            kept.append(alone if alone.called else replace(alone, called=_called(alone)))
        elif not named:
            kept.extend(one for one in before if may_be(one, person=person))
    return kept


def may_be(one: Named, *, person: bool) -> bool:
    """Tells whether the thing can be meant by `he` or `she`, or else by `it`."""
    return one.type == "Person" if person else one.type in _THINGS


def _called(one: Named) -> frozenset[str]:
    """Returns the nouns that the sentence calls the thing by: `song` and `single` of `X is a song and the third of …`."""
    verb = one.head.head
    if verb.lemma_ != "be" or not is_subject(one.head):
        return frozenset()
    nouns = [child for child in verb.children if child.dep_ == "attr" and child.pos_ == "NOUN"]
    nouns += [other for noun in nouns for other in noun.conjuncts if other.pos_ == "NOUN"]
    return frozenset(noun.lower_ for noun in nouns)


def _is_called(noun: Any, name: Any) -> bool:
    """Tells whether the name is what a French noun calls the thing: `l'agence X`, `la ville de X`, not `le siège à X`."""
    case = [child.lower_ for child in name.children if child.dep_ == "case"]
    return name.dep_ == "nmod" and name.i > noun.i and (not case or (case == ["de"] and noun.lower_ in _FRENCH_PLACES))


def _stands_for(word: Any, one: Named) -> bool:
    """Tells whether the word is one that the thing was called by, with an article that says it is known: `the band`."""
    return word.lower_ in one.called and any(child.lower_ in ("the", "this") for child in word.children)


def objects_of(word: Any, prepositions: Sequence[str]) -> list[Any]:
    """Returns the words that one of the prepositions joins to the word."""
    return [
        deeper
        for child in word.children
        if child.dep_ == "prep" and child.lower_ in prepositions
        for deeper in child.children
        if deeper.dep_ == "pobj"
    ]
