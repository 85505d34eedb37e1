"""Resolves words of a sentence to the named things they mean: names, `the town of X`, pronouns with a safe antecedent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fathom.extraction.rules.names.countries import country_of
from fathom.extraction.rules.names.gazetteer import is_city
from fathom.extraction.rules.relations.relation_vocabulary import UNKNOWN, word_set
from fathom.extraction.rules.relations.statements import Named, is_subject

# Whether a person is meant. `They` and `their` have no safe antecedent: one person, several, or a company.
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
# What does something for the whole that it is of: `the board of X`.
_BODIES = frozenset({"board", "management", "directors", "shareholders", "leadership", "administration"})
_FIRMS = frozenset({"company", "firm"})
# `the X unit` is X itself.
_WHOLES = word_set(
    "unit field farm group project brand programme program website service chain newspaper magazine album label studio "
    "subsidiary business"
)
# A clause without a subject below one of these is done by the subject of the verb above: `after joining X, she …`.
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
        if _is_by_age(word):
            return self._antecedent(word, True)
        return self._by_noun(word)

    def all_meant(self, word: Any) -> list[Meant]:
        """Returns what a word and those joined to it by `and` mean."""
        first = self.meant(word)
        if first is None and word.pos_ != "PROPN":  # of a list that begins with no name, what belongs to it is not safe
            return []
        joined = [other for other in word.conjuncts if other.i > word.i and other.pos_ != "VERB"] or self._listed(word)
        found = [first, *map(self.meant, joined)]
        return [one for one in found if one is not None]

    def _listed(self, word: Any) -> list[Any]:
        """Returns the rest of a list that was read as an apposition: `X, Y and Z joined …`."""
        own = self.at(word)
        for child in word.children:
            other = self.at(child) if child.dep_ == "appos" else None
            joined = [one for one in child.conjuncts if self.at(one) is not None] if other is not None else []
            if own is not None and other is not None and joined and own.type == other.type and own.last + 2 == other.first:
                return [child, *joined]
        return []

    def within(self, word: Any) -> list[Meant]:
        """Returns what the object of a preposition means: `in X`, `in the north of X`, `in the towns of X and Y`."""
        if found := self.all_meant(word):
            return found
        if word.tag_ == "NNS":  # `awards including X`
            listed = [one for deeper in objects_of(word, ("including",)) for one in self.all_meant(deeper)]
            if listed:
                return listed
        if word.lower_ in _PARTS_OF_PLACES:
            return [one for deeper in objects_of(word, ("of",)) for one in self.all_meant(deeper)]
        return []

    def subjects(self, verb: Any, depth: int = 0) -> list[Meant]:
        """Returns what does, or suffers, what the verb says."""
        if depth > _DEEPEST:
            return []
        own = [child for child in verb.children if is_subject(child)]
        if verb.dep_ == "relcl" and own and own[0].lower_ in _RELATIVES:
            return [one for one in self.described(verb.head) if own[0].lower_ == "who" or one.named.type != "Person"]
        if own:
            return [one for child in own for one in self._person_of(child) or self.all_meant(child)]
        if (named := self._right_before(verb)) is not None:
            return [Meant(named)]
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
        """Returns X of `bought X, founded in 1998, and …`, where the participle was read as of the verb."""
        if verb.dep_ != "advcl" or verb.tag_ != "VBN" or verb.lemma_ not in _OF_THINGS or verb.i - 2 < self.span.start:
            return None
        if any(child.dep_ in ("mark", "aux", "auxpass", "advmod") for child in verb.children) or verb.nbor(-1).text != ",":
            return None
        return next((one for one in self.named if one.last == verb.i - 2), None)

    def _person_of(self, word: Any) -> list[Meant]:
        """Returns X of `X of Y leads …`, where Y was read as the subject."""
        own = self.at(word)
        before = word.doc[own.first - 1] if own is not None and own.first > self.span.start else None
        if own is None or before is None or before.lower_ not in ("of", "from"):
            return []
        person = self.at(before.head)
        return [Meant(person)] if person is not None and person.type == "Person" and before.head.head.i == word.i else []

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
            if child.dep_ == "appos" and _is_placing(word.doc, named.first - 1):
                continue  # `a tract of land up the River X`
            if child.dep_ == "appos" or (child.i > word.i) or _is_whole(word, named):
                return Meant(named)
        if word.lower_ in _PLACE_NOUNS or word.lower_ in _BODIES:
            for whole in [*objects_of(word, ("of",)), *(child for child in word.children if child.dep_ == "poss")]:
                if (named := self.at(whole)) is not None:
                    return Meant(named)
        if not any(child.dep_ in ("prep", "acl", "relcl", "amod", "compound", "poss") for child in word.children):
            known = [one for one in self.antecedents if _stands_for(word, one)] or self._firms_before(word)
            return Meant(known[0], True) if len({one.entity for one in known}) == 1 else None
        return None

    def _firms_before(self, word: Any) -> list[Named]:
        """Returns what `the company` may mean: the organizations before it in the sentence, else the one that is carried on."""
        if word.lower_ not in _FIRMS or not any(child.lower_ == "the" for child in word.children):
            return []
        here = [one for one in self.named if one.last < word.i and one.type in ("Organization", UNKNOWN)]
        return here or [one for one in self.antecedents if one.type == "Organization"]

    def _names_another(self, pronoun: Any) -> bool:
        """Tells whether a subject before the pronoun is a name that was not found, which it may mean."""
        words = self.span.doc[self.span.start : pronoun.i]
        return any(is_subject(word) and word.pos_ == "PROPN" and self.at(word) is None for word in words)

    def _antecedent(self, pronoun: Any, person: bool) -> Meant | None:
        """Returns what a pronoun means: the only fitting thing before it in the sentence, else the one that is carried on."""
        before = [one for one in self.named if one.last < pronoun.i and may_be(one, person=person)]
        if not person:  # `In Leith, Northgate sold its yard`: what a sentence is about
            begun = [token.i for token in self.span if token.text in ":;" and token.i < pronoun.i]
            doing = [one for one in before if is_subject(one.head)]
            before = doing or [one for one in before if begun and one.last < begun[-1] and one.type in _BODIES_TYPES]
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
    if any(token.text in ",;:" for token in noun.doc[noun.i + 1 : name.i]):
        return False  # of a list
    return name.dep_ == "nmod" and name.i > noun.i and (not case or (case == ["de"] and noun.lower_ in _FRENCH_PLACES))


def _is_whole(word: Any, named: Named) -> bool:
    """Tells whether a noun behind a name says only what it is: `the Dudgeon wind farm`, not `a Dudgeon farm`."""
    if word.lower_ not in _WHOLES or country_of(named.entity) or is_city(named.entity):
        return False
    between = word.doc[named.last + 1 : word.i]
    known = any(child.lower_ in ("the", "its", "their", "his", "her") and child.i < named.first for child in word.children)
    return known and len(between) <= 1 and all(token.text.islower() for token in between)


def _is_placing(doc: Any, place: int) -> bool:
    """Tells whether a preposition or particle stands at a place before a name, or before its article."""
    return bool(doc[place - 1 if doc[place].lower_ in ("the", "a", "an") else place].tag_ in ("IN", "RP"))


def _is_by_age(word: Any) -> bool:
    """Tells whether a person is meant by the age: `the 25-year-old`."""
    if word.lower_ != "old" or word.i < 5 or word.nbor(-2).lower_ != "year":
        return False
    after = word.nbor(1) if word.i + 1 < len(word.doc) else word
    return word.nbor(-5).lower_ == "the" and word.nbor(-4).like_num and after.pos_ not in ("NOUN", "PROPN", "ADJ")


def _shares_subject(verb: Any) -> bool:
    """Tells whether the subject of the verb above does this too: `after joining X, she …`, not `it was won by joining X`."""
    above = verb.head.head
    if verb.head.lower_ not in _SHARING or above.pos_ not in ("VERB", "AUX"):
        return False
    return not (verb.head.lower_ == "by" and any(child.dep_ in ("nsubjpass", "auxpass") for child in above.children))


def first_of_list(verb: Any) -> Any | None:
    """Returns the verb whose list another is in that was read as of a noun: `was born in X, studied in Y, and died in Z`."""
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
