"""Describes pairs of named things that a sentence's grammar ties together, in features that a small network weighs."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.relations.statements import Named
from fathom.extraction.rules.text.sentence import Sentence

LONGEST_PATH = 7  # edges of the parse between two heads; further apart the grammar says little
MOST_NAMED = 14  # of a sentence; what names more is a list
_LONGEST_BETWEEN = 6  # words between two names that are kept as one feature
_NAMING = frozenset({"appos", "compound", "amod", "nmod"})
_CUES = frozenset({"not", "n't", "never", "no", "may", "might", "would", "could", "should", "if", "whether", "plan", "?"})


@dataclass(frozen=True)
class Step:
    """One edge of the path between two heads: up or down, its label, and the word it leads to."""

    up: bool
    label: str
    word: Any

    @property
    def shape(self) -> str:
        """The label with its direction."""
        return f"{'<' if self.up else '>'}{self.label}"


@dataclass(frozen=True)
class Candidate:
    """An ordered pair of named things, the path between their heads, and what describes it."""

    source: Named
    target: Named
    path: tuple[Step, ...]
    features: tuple[str, ...]


def bucket(feature: str) -> int:
    """The feature's number, the same in every process and on every machine."""
    return zlib.crc32(feature.encode())


def candidates(sentence: Sentence) -> Iterator[Candidate]:
    """Yields both orders of each two named things that a short path of the parse ties together, siblings in a list left out."""
    named = [*sentence.named, *_meant_otherwise(sentence)]
    if len(named) > MOST_NAMED or len(named) < 2:
        return
    heads = {one.head.i for one in named}
    kinds = {one.head.i: kind_of(one) for one in named}
    own = {one.head.i: tuple(_of_one(one)) for one in named}
    cues = tuple(sorted({f"cue {word.lower_}" for word in sentence.span if word.lower_ in _CUES}))
    for one, other in combinations(sorted(named, key=lambda each: each.head.i), 2):
        if one.entity == other.entity or one.head.i == other.head.i:
            continue
        path = path_between(one.head, other.head)
        if path is None or is_list(path):
            continue
        back = _reversed(path, one.head)
        between = tuple(_of_between(one, other, heads, kinds))
        for source, target, steps, order in ((one, other, path, "first"), (other, one, back, "second")):
            pair = f"{kinds[source.head.i]} {kinds[target.head.i]}"
            described = [
                *(f"{order} {feature}" for feature in (*between, *cues)),
                *_of_path(source, steps, heads),
                *_of_names(source, target),
                *(f"source {feature}" for feature in own[source.head.i]),
                *(f"target {feature}" for feature in own[target.head.i]),
            ]
            yield Candidate(source, target, steps, tuple(dict.fromkeys((pair, f"{order} {pair}", *described))))


def kind_of(one: Named) -> str:
    """The type of the thing, a country and a nationality told from other places and groups."""
    if country_of(one.entity):
        return "Nation" if is_adjective(one.entity) else "Country"
    return one.type


def path_between(one: Any, other: Any) -> tuple[Step, ...] | None:
    """The steps from the one word up and then down to the other; None where they are too far apart or in two trees."""
    ups: dict[int, int] = {}
    chain = [one]
    while chain[-1].head.i != chain[-1].i and len(chain) <= LONGEST_PATH:
        chain.append(chain[-1].head)
    ups = {word.i: at for at, word in enumerate(chain)}
    downs = [other]
    while downs[-1].i not in ups:
        if downs[-1].head.i == downs[-1].i or len(downs) > LONGEST_PATH:
            return None
        downs.append(downs[-1].head)
    top = ups[downs[-1].i]
    if top + len(downs) - 1 > LONGEST_PATH:
        return None
    up = [Step(True, chain[at].dep_, chain[at + 1]) for at in range(top)]
    down = [Step(False, word.dep_, word) for word in reversed(downs[:-1])]
    return (*up, *down)


def is_list(path: Sequence[Step]) -> bool:
    """Whether both are only named side by side: `Oslo, Bergen and Stavanger`."""
    return all(step.label in ("conj", "cc") for step in path)


def _meant_otherwise(sentence: Sentence) -> Iterator[Named]:
    """Yields what pronouns and nouns like `the band` safely mean, each at the word that means it."""
    for word in sentence.span:
        if word.pos_ in ("PRON", "NOUN") and sentence.at(word) is None:
            meant = sentence.meant(word)
            if meant is not None and meant.by_pronoun:
                yield replace(meant.named, head=word, first=word.i, last=word.i)


def _reversed(path: Sequence[Step], start: Any) -> tuple[Step, ...]:
    words = [start, *(step.word for step in path)]
    return tuple(Step(not path[at].up, path[at].label, words[at]) for at in range(len(path) - 1, -1, -1))


def _of_path(source: Named, path: Sequence[Step], heads: set[int]) -> Iterator[str]:
    shape = " ".join(step.shape for step in path)
    inner = path[:-1]
    yield f"path {shape}"
    yield f"length {len(path)}"
    yield "words " + " ".join(f"{step.shape}:{_said(step.word, heads)}" for step in inner) + f" {path[-1].shape}"
    bare = [_said(step.word, heads) for step in inner]
    yield f"lemmas {' '.join(bare)}"
    top = next((at for at, step in enumerate(path) if not step.up), len(path))
    word = path[top - 1].word if top else source.head
    down = path[top].label if top < len(path) else ""
    yield f"top {_said(word, heads)} {path[0].label if top else ''} {down}"
    yield f"top {_said(word, heads)}"
    for step in inner:
        said = _said(step.word, heads)
        yield f"on {'<' if step.up else '>'} {said}"
        if step.word.dep_ == "prep":
            yield f"by {step.word.lower_} under {_said(step.word.head, heads)}"
    yield f"prepositions {' '.join(step.word.lower_ for step in inner if step.word.dep_ in ('prep', 'agent'))}"
    if path[-1].up:
        yield f"under {_said(path[-1].word, heads)}"
    for at in {at for at in (top - 1, top - 2) if 0 <= at < len(path)}:
        for child in path[at].word.children:
            if child.dep_ in ("dobj", "attr", "neg", "aux", "auxpass", "prt", "acomp", "oprd") and child.i not in heads:
                yield f"beside {child.dep_} {child.lemma_.lower()}"


def _of_between(one: Named, other: Named, heads: set[int], kinds: dict[int, str]) -> Iterator[str]:
    """The words from the one name to the other, names among them as their types."""
    doc = one.head.doc
    words = [doc[at] for at in range(one.head.i + 1, other.head.i)]
    said = [f"<{kinds[word.i]}>" if word.i in heads else _lower(word) for word in words if not _is_part(word, other)]
    yield f"distance {min(len(said), 6) if len(said) < 10 else 'far'}"
    yield f"named between {min(sum(word.i in heads for word in words), 3)}"
    if len(said) <= _LONGEST_BETWEEN:
        yield f"between {' '.join(said)}"
    if len(said) <= 15:
        for word in sorted(set(said)):
            yield f"has {word}"
    before = _before(one)
    yield f"before {before}"
    yield f"next {doc[other.head.i + 1].lower_ if other.head.i + 1 < len(doc) else ''}"


def _of_names(source: Named, target: Named) -> Iterator[str]:
    mine, others = source.entity.split(), target.entity.split()
    if mine[-1] == others[-1]:
        yield "same last word"
    if mine[0] == others[0]:
        yield "same first word"
    if f" {target.entity} " in f" {source.entity} ":
        yield "source has target"
    if f" {source.entity} " in f" {target.entity} ":
        yield "target has source"


def _of_one(one: Named) -> Iterator[str]:
    """What is said of the thing itself: the words of its name, what it is called, what stands at it."""
    words = one.entity.split()
    yield f"last {words[-1].lower()}"
    yield f"length {min(len(words), 4)}"
    yield f"as {one.head.dep_}"
    if one.head.pos_ == "PRON":
        yield "pronoun"
    if "of" in words:
        yield f"first {words[0].lower()} of"
    for noun in sorted(one.called):
        yield f"called {noun}"
    for child in one.head.children:
        if child.dep_ in _NAMING and child.text[:1].islower():
            yield f"noun {child.lemma_.lower()}"
        elif child.dep_ in ("poss", "det", "nummod"):
            yield f"has {child.dep_}"
    if one.head.dep_ in ("nsubj", "nsubjpass") and one.head.head.lemma_ == "be":
        for child in one.head.head.children:
            if child.dep_ == "attr":
                yield f"is {child.lemma_.lower()}"
    if one.head.dep_ == "appos" and one.head.head.text[:1].islower():
        yield f"is {one.head.head.lemma_.lower()}"


def _before(one: Named) -> str:
    """The last word before the name, as far as the parse shows where the name begins."""
    start = one.head.i
    doc = one.head.doc
    while start > 0 and doc[start - 1].head.i == one.head.i and doc[start - 1].dep_ == "compound":
        start -= 1
    return str(doc[start - 1].lower_) if start > 0 else ""


def _is_part(word: Any, other: Named) -> bool:
    return bool(word.head.i == other.head.i and word.dep_ == "compound")


def _said(word: Any, heads: set[int]) -> str:
    """The word's lemma; a name's is of no use to another text."""
    if word.i in heads:
        return "<name>"
    return "<proper>" if word.pos_ == "PROPN" else str(word.lemma_.lower())


def _lower(word: Any) -> str:
    return "<proper>" if word.pos_ == "PROPN" else str(word.lower_)
