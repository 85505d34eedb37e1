"""Relations between named things, read off a sentence's grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

SUBJECTS = {"nsubj", "nsubjpass", "nsubj:pass"}  # in the labels of both languages
PRONOUNS = {"he": True, "she": True, "it": False, "they": False}  # whether a person is meant
MOST_IN_A_SENTENCE = 6
LONGEST_SENTENCE = 600  # characters; longer ones are lists or tables that lost their lines
_WORD = re.compile(r"[^A-Za-z]+")


@dataclass(frozen=True)
class Named:
    """A name in a sentence: its entity, its type and its head word."""

    entity: str
    type: str
    head: Any


@dataclass(frozen=True)
class Relation:
    """One entity's relation to another."""

    source: str
    target: str
    name: str


def relations(sentence: Any, named: Sequence[Named], before: Sequence[Named]) -> list[Relation]:
    """What the sentence says of the named things; a pronoun as subject stands for the last fitting name of `before`."""
    by_head = {one.head.i: one for one in named}
    found: dict[tuple[str, str], Relation] = {}
    for relation in (*_of_verbs(sentence, by_head, before), *_of_nouns(named, by_head)):
        if relation.source != relation.target:
            found.setdefault((relation.source, relation.target), relation)
    return list(found.values())[:MOST_IN_A_SENTENCE]


def _of_verbs(sentence: Any, by_head: dict[int, Named], before: Sequence[Named]) -> Iterator[Relation]:
    for verb in sentence:
        if verb.pos_ not in ("VERB", "AUX"):
            continue
        subjects = [one for child in verb.children if child.dep_ in SUBJECTS for one in _subject(child, by_head, before)]
        if not subjects and verb.dep_ in ("conj", "xcomp", "advcl"):
            subjects = [
                one for child in verb.head.children if child.dep_ in SUBJECTS for one in _subject(child, by_head, before)
            ]
        passive = any(child.dep_ == "nsubjpass" for child in verb.children)
        for words, target in _objects(verb, by_head, verb.lower_ if passive else verb.lemma_):
            for subject in subjects:
                if passive and words.endswith(" by"):
                    done = verb.lemma_ if words == f"{verb.lower_} by" else words.removesuffix(" by")
                    yield Relation(target.entity, subject.entity, _name(done))
                else:
                    yield Relation(subject.entity, target.entity, _name(words))


def _objects(word: Any, by_head: dict[int, Named], words: str, depth: int = 0) -> Iterator[tuple[str, Named]]:
    """Named things below a verb, each with the words that lead to it."""
    if depth > 3:
        return
    for child in word.children:
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
        elif child.dep_ == "xcomp":
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


def _subject(word: Any, by_head: dict[int, Named], before: Sequence[Named]) -> list[Named]:
    if word.i in by_head:
        return [by_head[word.i], *(by_head[child.i] for child in word.children if child.dep_ == "conj" and child.i in by_head)]
    if (person := PRONOUNS.get(word.lower_)) is not None:
        return [one for one in reversed(before) if (one.type == "Person") is person][:1]
    return [by_head[child.i] for child in word.children if child.dep_ in ("appos", "compound", "poss") and child.i in by_head][
        :1
    ]


def _name(words: str) -> str:
    return _WORD.sub("_", words).strip("_").upper() or "RELATES_TO"
