"""Relations between named things, read off a sentence's grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

SUBJECTS = {"nsubj", "nsubjpass", "nsubj:pass"}  # in the labels of both languages
PRONOUNS = {
    "he": True,
    "she": True,
    "it": False,
    "they": False,
    "his": True,
    "her": True,
    "its": False,
    "their": False,
}  # whether a person is meant
MOST_IN_A_SENTENCE = 6
LONGEST_SENTENCE = 600  # characters; longer ones are lists or tables that lost their lines
_RELATIVES = frozenset({"who", "which", "that"})
_WORD = re.compile(r"[^A-Za-z]+")


@dataclass(frozen=True)
class Named:
    """A name in a sentence: its entity, its type and its head word."""

    entity: str
    type: str
    head: Any
    called: frozenset[str] = frozenset()  # nouns that stand for it: `the band`


@dataclass(frozen=True)
class Relation:
    """One entity's relation to another."""

    source: str
    target: str
    name: str
    verb: Any = None  # that says it, where one does


def relations(sentence: Any, named: Sequence[Named], before: Sequence[Named]) -> list[Relation]:
    """What the sentence says of the named things; a pronoun as subject stands for the last fitting name of `before`."""
    by_head = {one.head.i: one for one in named}
    found: dict[tuple[str, str], Relation] = {}
    said = (*_of_verbs(sentence, by_head, before), *_of_nouns(named, by_head), *_of_owners(sentence, by_head, before))
    for relation in said:
        if relation.source != relation.target:
            found.setdefault((relation.source, relation.target), relation)
    return list(found.values())[:MOST_IN_A_SENTENCE]


def _of_verbs(sentence: Any, by_head: dict[int, Named], before: Sequence[Named]) -> Iterator[Relation]:
    for verb in sentence:
        if verb.pos_ not in ("VERB", "AUX"):
            continue
        subjects = _subjects(verb, by_head, before)
        passive = _is_passive(verb)
        for words, target in _objects(verb, by_head, verb.lower_ if passive else verb.lemma_):
            for subject in subjects:
                if passive and words.endswith(" by"):
                    done = verb.lemma_ if words == f"{verb.lower_} by" else words.removesuffix(" by")
                    yield Relation(target.entity, subject.entity, _name(done), verb)
                else:
                    yield Relation(subject.entity, target.entity, _name(words), verb)


def _is_passive(verb: Any) -> bool:
    """Also without an auxiliary: `Born in Leith, she …`, `a village founded by …`."""
    said = {child.dep_ for child in verb.children}
    return "nsubjpass" in said or "auxpass" in said or (verb.tag_ == "VBN" and not said & {"nsubj", "aux"})


def _subjects(verb: Any, by_head: dict[int, Named], before: Sequence[Named]) -> list[Named]:
    own = [child for child in verb.children if child.dep_ in SUBJECTS]
    if verb.dep_ == "relcl" and own and own[0].lower_ in _RELATIVES:
        return _meant(verb.head, by_head, before)
    if found := [one for child in own for one in _subject(child, by_head, before)]:
        return found
    if verb.dep_ in ("conj", "xcomp", "advcl") and verb.head.pos_ in ("VERB", "AUX") and not own:
        return _subjects(verb.head, by_head, before)
    return _meant(verb.head, by_head, before) if verb.dep_ == "acl" and not own else []


def _meant(noun: Any, by_head: dict[int, Named], before: Sequence[Named]) -> list[Named]:
    """The thing that a noun before a clause is said of: X in `X, an actor who …` and in `X is a village founded …`."""
    if noun.i in by_head:
        return [by_head[noun.i]]
    if noun.dep_ == "appos":
        return _meant(noun.head, by_head, before)
    return _subjects(noun.head, by_head, before) if noun.dep_ == "attr" else []


def _objects(word: Any, by_head: dict[int, Named], words: str, depth: int = 0) -> Iterator[tuple[str, Named]]:
    """Named things below a verb, each with the words that lead to it."""
    if depth > 3:
        return
    for child in word.children:
        if child.dep_ == "conj" and child.pos_ in ("VERB", "AUX"):
            continue  # its objects are its own
        if child.dep_ in ("dobj", "obj", "iobj", "dative", "attr", "oprd", "pobj", "conj", "appos", "acomp"):
            if child.i in by_head:
                yield words, by_head[child.i]
                yield from _objects(child, by_head, words, depth + 1)
            elif child.dep_ in ("attr", "oprd"):
                yield from _objects(child, by_head, child.lemma_, depth + 1)
            else:
                yield from _objects(child, by_head, words, depth + 1)
        elif child.dep_ in ("prep", "agent"):
            yield from _objects(child, by_head, f"{words} {child.lower_}", depth + 1)
        elif child.dep_ in ("xcomp", "pcomp"):
            yield from _objects(child, by_head, child.lemma_, depth + 1)


def _of_nouns(named: Sequence[Named], by_head: dict[int, Named]) -> Iterator[Relation]:
    """`X, director of Y`; `the Y of X`."""
    for one in named:
        for child in one.head.children:
            if child.dep_ == "appos" and child.i not in by_head:
                for words, target in _objects(child, by_head, child.lemma_):
                    yield Relation(one.entity, target.entity, _name(words))
            elif child.dep_ == "prep" and child.lower_ in ("of", "in", "at", "for"):
                for grandchild in child.children:
                    if grandchild.i in by_head:
                        name = "PART_OF" if child.lower_ == "of" else f"LOCATED_{child.lower_.upper()}"
                        yield Relation(one.entity, by_head[grandchild.i].entity, name)


def _of_owners(sentence: Any, by_head: dict[int, Named], before: Sequence[Named]) -> Iterator[Relation]:
    """`her husband, X`, `its capital is X`, `the band's album X`: whose, what it is, and its name."""
    for noun in sentence:
        owners = [one for child in noun.children if child.dep_ == "poss" for one in _subject(child, by_head, before)[:1]]
        for owner in owners:
            if noun.i not in by_head and noun.pos_ == "NOUN":
                is_called = [child for child in noun.children if child.dep_ == "appos"]
                if noun.dep_ in SUBJECTS and noun.head.lemma_ == "be":
                    is_called += [child for child in noun.head.children if child.dep_ == "attr"]
                for child in is_called:
                    if child.i in by_head:
                        yield Relation(owner.entity, by_head[child.i].entity, f"HAS_{_name(noun.lemma_)}")
            elif noun.i in by_head:
                kind = next((child for child in noun.children if child.dep_ == "compound" and child.pos_ == "NOUN"), None)
                if kind is not None and kind.lower_ == kind.text:
                    yield Relation(owner.entity, by_head[noun.i].entity, f"HAS_{_name(kind.lemma_)}")


def _subject(word: Any, by_head: dict[int, Named], before: Sequence[Named]) -> list[Named]:
    if word.i in by_head:
        return [by_head[word.i], *(by_head[child.i] for child in word.children if child.dep_ == "conj" and child.i in by_head)]
    if (person := PRONOUNS.get(word.lower_)) is not None:
        return [one for one in reversed(before) if (one.type == "Person") is person][:1]
    if is_meant := [one for one in before if stands_for(word, one)]:
        return is_meant[:1]
    return [by_head[child.i] for child in word.children if child.dep_ in ("appos", "compound", "poss") and child.i in by_head][
        :1
    ]


def stands_for(word: Any, one: Named) -> bool:
    """Whether the word is one that the thing was called by, with an article that says it is known: `the band`."""
    return word.lower_ in one.called and any(child.lower_ in ("the", "this") for child in word.children)


def _name(words: str) -> str:
    return _WORD.sub("_", words).strip("_").upper() or "RELATES_TO"
