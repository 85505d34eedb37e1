"""Extracts features of pairs of named things from the dependency path between them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from fathom.extraction.rules.names.countries import country_of, is_adjective
from fathom.extraction.rules.relations.statements import Named
from fathom.extraction.rules.text.sentence import Sentence

MAX_PATH = 7  # dependency edges between two heads; longer paths say little
MAX_NAMES = 14  # names of a sentence; a sentence with more is a list
_MAX_BETWEEN = 6  # words between two names that form a single feature
_NAMING = frozenset({"appos", "compound", "amod", "nmod"})
_CUES = frozenset({"not", "n't", "never", "no", "may", "might", "would", "could", "should", "if", "whether", "plan", "?"})


@dataclass(frozen=True)
class PathStep:
    """An edge of the path between two heads: its direction, its label, and the word it leads to."""

    up: bool
    label: str
    word: Any

    @property
    def shape(self) -> str:
        """The label with its direction."""
        return f"{'<' if self.up else '>'}{self.label}"


@dataclass(frozen=True)
class Candidate:
    """An ordered pair of named things, the path between their heads, and its features."""

    source: Named
    target: Named
    path: tuple[PathStep, ...]
    features: tuple[str, ...]


def bucket(feature: str) -> int:
    """Returns the feature's hash bucket, the same in every process and on every machine."""
    return zlib.crc32(feature.encode())


def candidate_pairs(sentence: Sentence) -> Iterator[Candidate]:
    """Yields both orders of each pair of named things that a short path connects, except siblings in a list."""
    named = [*sentence.named, *_meant_otherwise(sentence)]
    if len(named) > MAX_NAMES or len(named) < 2:
        return
    heads = {thing.head.i for thing in named}
    kinds = {thing.head.i: kind_of(thing) for thing in named}
    own = {thing.head.i: tuple(_of_one(thing)) for thing in named}
    cues = tuple(sorted({f"cue {word.lower_}" for word in sentence.span if word.lower_ in _CUES}))
    for thing, other in combinations(sorted(named, key=lambda each: each.head.i), 2):
        if thing.entity == other.entity or thing.head.i == other.head.i:
            continue
        path = path_between(thing.head, other.head)
        if path is None or is_list(path):
            continue
        back = _reversed(path, thing.head)
        between = tuple(_of_between(thing, other, heads, kinds))
        for source, target, steps, order in ((thing, other, path, "first"), (other, thing, back, "second")):
            pair = f"{kinds[source.head.i]} {kinds[target.head.i]}"
            described = [
                *(f"{order} {feature}" for feature in (*between, *cues)),
                *_of_path(source, steps, heads),
                *_of_names(source, target),
                *(f"source {feature}" for feature in own[source.head.i]),
                *(f"target {feature}" for feature in own[target.head.i]),
            ]
            yield Candidate(source, target, steps, tuple(dict.fromkeys((pair, f"{order} {pair}", *described))))


def kind_of(thing: Named) -> str:
    """Returns the type of the thing; countries and nationalities are distinguished from other places and groups."""
    if country_of(thing.entity):
        return "Nation" if is_adjective(thing.entity) else "Country"
    return thing.type


def path_between(thing: Any, other: Any) -> tuple[PathStep, ...] | None:
    """Returns the steps up from the first word and down to the second; None where they are too far apart or in two trees."""
    ups: dict[int, int] = {}
    chain = [thing]
    while chain[-1].head.i != chain[-1].i and len(chain) <= MAX_PATH:
        chain.append(chain[-1].head)
    ups = {word.i: at for at, word in enumerate(chain)}
    downs = [other]
    while downs[-1].i not in ups:
        if downs[-1].head.i == downs[-1].i or len(downs) > MAX_PATH:
            return None
        downs.append(downs[-1].head)
    top = ups[downs[-1].i]
    if top + len(downs) - 1 > MAX_PATH:
        return None
    up = [PathStep(True, chain[at].dep_, chain[at + 1]) for at in range(top)]
    down = [PathStep(False, word.dep_, word) for word in reversed(downs[:-1])]
    return (*up, *down)


def is_list(path: Sequence[PathStep]) -> bool:
    """Returns whether both are merely coordinated: `Oslo, Bergen and Stavanger`."""
    return all(step.label in ("conj", "cc") for step in path)


def _meant_otherwise(sentence: Sentence) -> Iterator[Named]:
    """Yields the safe antecedents of pronouns and nouns like `the band`, each at the referring word."""
    for word in sentence.span:
        if word.pos_ in ("PRON", "NOUN") and sentence.at(word) is None:
            meant = sentence.meant(word)
            if meant is not None and meant.by_pronoun:
                yield replace(meant.named, head=word, first=word.i, last=word.i)


def _reversed(path: Sequence[PathStep], start: Any) -> tuple[PathStep, ...]:
    words = [start, *(step.word for step in path)]
    return tuple(PathStep(not path[at].up, path[at].label, words[at]) for at in range(len(path) - 1, -1, -1))


def _of_path(source: Named, path: Sequence[PathStep], heads: set[int]) -> Iterator[str]:
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
        lemma = _said(step.word, heads)
        yield f"on {'<' if step.up else '>'} {lemma}"
        if step.word.dep_ == "prep":
            yield f"by {step.word.lower_} under {_said(step.word.head, heads)}"
    yield f"prepositions {' '.join(step.word.lower_ for step in inner if step.word.dep_ in ('prep', 'agent'))}"
    if path[-1].up:
        yield f"under {_said(path[-1].word, heads)}"
    for at in {at for at in (top - 1, top - 2) if 0 <= at < len(path)}:
        for child in path[at].word.children:
            if child.dep_ in ("dobj", "attr", "neg", "aux", "auxpass", "prt", "acomp", "oprd") and child.i not in heads:
                yield f"beside {child.dep_} {child.lemma_.lower()}"


def _of_between(thing: Named, other: Named, heads: set[int], kinds: dict[int, str]) -> Iterator[str]:
    """Yields the words between two names, names among them as their types."""
    doc = thing.head.doc
    words = [doc[at] for at in range(thing.head.i + 1, other.head.i)]
    words_between = [f"<{kinds[word.i]}>" if word.i in heads else _lower(word) for word in words if not _is_part(word, other)]
    yield f"distance {min(len(words_between), 6) if len(words_between) < 10 else 'far'}"
    yield f"named between {min(sum(word.i in heads for word in words), 3)}"
    if len(words_between) <= _MAX_BETWEEN:
        yield f"between {' '.join(words_between)}"
    if len(words_between) <= 15:
        for word in sorted(set(words_between)):
            yield f"has {word}"
    before = _before(thing)
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


def _of_one(thing: Named) -> Iterator[str]:
    """Yields features of a single thing: the words of its name, its descriptions, its neighbours."""
    words = thing.entity.split()
    yield f"last {words[-1].lower()}"
    yield f"length {min(len(words), 4)}"
    yield f"as {thing.head.dep_}"
    if thing.head.pos_ == "PRON":
        yield "pronoun"
    if "of" in words:
        yield f"first {words[0].lower()} of"
    for noun in sorted(thing.called):
        yield f"called {noun}"
    for child in thing.head.children:
        if child.dep_ in _NAMING and child.text[:1].islower():
            yield f"noun {child.lemma_.lower()}"
        elif child.dep_ in ("poss", "det", "nummod"):
            yield f"has {child.dep_}"
    if thing.head.dep_ in ("nsubj", "nsubjpass") and thing.head.head.lemma_ == "be":
        for child in thing.head.head.children:
            if child.dep_ == "attr":
                yield f"is {child.lemma_.lower()}"
    if thing.head.dep_ == "appos" and thing.head.head.text[:1].islower():
        yield f"is {thing.head.head.lemma_.lower()}"


def _before(thing: Named) -> str:
    """Returns the last word before the name, as far as the parse shows where the name begins."""
    start = thing.head.i
    doc = thing.head.doc
    while start > 0 and doc[start - 1].head.i == thing.head.i and doc[start - 1].dep_ == "compound":
        start -= 1
    return str(doc[start - 1].lower_) if start > 0 else ""


def _is_part(word: Any, other: Named) -> bool:
    return bool(word.head.i == other.head.i and word.dep_ == "compound")


def _said(word: Any, heads: set[int]) -> str:
    """Returns the word's lemma; the type of a name, whose lemma does not generalize."""
    if word.i in heads:
        return "<name>"
    return "<proper>" if word.pos_ == "PROPN" else str(word.lemma_.lower())


def _lower(word: Any) -> str:
    return "<proper>" if word.pos_ == "PROPN" else str(word.lower_)
