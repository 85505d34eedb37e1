"""Reads the gold sentences and judges what an extractor finds in them: the facts, their direction, relation and dates."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from fathom.extraction.model import Fact

SENTENCES = Path(__file__).with_name("gold_sentences")
RELATIONS = Path(__file__).with_name("gold_relations.toml")
SEED = 20261130
ANY = "*"  # as an end or relation of what is accepted but not asked for
KINDS = (
    "stated_active", "stated_passive", "apposition", "coordinated", "dated", "table",
    "negated", "asked", "supposed", "reported", "trap",
)  # fmt: skip
UNSTATED = ("negated", "asked", "supposed", "reported")

Kind = Literal[
    "stated_active", "stated_passive", "apposition", "coordinated", "dated", "table",
    "negated", "asked", "supposed", "reported", "trap",
]  # fmt: skip
Split = Literal["development", "held_out"]
Said = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}){0,2}$")]
_BEFORE_NAMES = re.compile(
    r"^(?:(?:the|a|an|le|la|les|dr|prof|professor|mr|mrs|ms|sir|lady|rev|reverend|cllr)\b\.?\s+|l['’])+", re.IGNORECASE
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": "", "”": "", '"': "", "«": "", "»": ""})


def drawn(sentence: str) -> Split:
    """Returns the split of a sentence by its id and SEED: a third is held out, and stays so when sentences are added."""
    number = int.from_bytes(hashlib.sha256(f"{SEED}/{sentence}".encode()).digest()[:8])
    return "held_out" if number % 3 == 0 else "development"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RelationNames(_Strict):
    """What a relation may be called from source to target, and from target to source."""

    forward: list[str] = Field(min_length=1)
    backward: list[str]
    symmetric: bool = False


class GoldFact(_Strict):
    """A fact that a text states.

    Either end may be named in several ways; `relation` is a table of gold_relations.toml. `alternatives` are other ways to
    say the same, as that somebody left where somebody worked until then. Dates are as exact as the text is.
    """

    source: list[str] = Field(min_length=1)
    relation: str
    target: list[str] = Field(min_length=1)
    valid_at: Said | None = None
    invalid_at: Said | None = None
    alternatives: list[GoldFact] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_known(self) -> GoldFact:
        if self.relation != ANY and self.relation not in relation_names():
            raise ValueError(f"gold_relations.toml has no {self.relation}")
        return self


class GoldSentence(_Strict):
    """A text of one to three sentences with the facts it states; `also` are facts that may come out and need not."""

    id: str
    kind: Kind
    language: Literal["en", "fr"] = "en"
    split: Split
    text: str = Field(min_length=10)
    facts: list[GoldFact] = Field(default_factory=list)
    also: list[GoldFact] = Field(default_factory=list)
    nothing: bool = False

    @model_validator(mode="after")
    def _is_consistent(self) -> GoldSentence:
        if self.split != drawn(self.id):
            raise ValueError(f"{self.id} is drawn for {drawn(self.id)}")
        if self.nothing == bool(self.facts):
            raise ValueError(f"{self.id} must have facts or say that there is nothing, and not both")
        return self


class Judged(_Strict):
    """What became of a sentence: facts found right, facts found with another date, facts missed, and facts not stated."""

    sentence: GoldSentence
    right: list[GoldFact]
    misdated: list[GoldFact]
    missed: list[GoldFact]
    false: list[Fact]


@cache
def relation_names() -> Mapping[str, RelationNames]:
    """Returns the names that each relation may have."""
    given = tomllib.loads(RELATIONS.read_text(encoding="utf-8"))
    return {name: RelationNames.model_validate(one) for name, one in given.items()}


@cache
def gold_sentences(folder: Path = SENTENCES) -> tuple[GoldSentence, ...]:
    """Returns all sentences, in the order of the files' names. Raises ValueError for what is no such sentence."""
    read: list[GoldSentence] = []
    for file in sorted(folder.glob("*.toml")):
        given: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        if given.keys() != {"sentence"}:
            raise ValueError(f"{file.name} has more than sentences")
        read.extend(GoldSentence.model_validate(one) for one in given["sentence"])
    for what in ("id", "text"):
        values = [getattr(one, what) for one in read]
        if twice := sorted({value for value in values if values.count(value) > 1}):
            raise ValueError(f"twice the same {what}: {twice}")
    return tuple(read)


def judged(sentence: GoldSentence, found: Sequence[Fact]) -> Judged:
    """Judges what was found in the sentence; a fact with another date than stated is found, but not right."""
    right: list[GoldFact] = []
    misdated: list[GoldFact] = []
    missed: list[GoldFact] = []
    for gold in sentence.facts:
        meant = [(one, fact) for one in (gold, *gold.alternatives) for fact in found if _same(one, fact)]
        if any(_is_dated(one, fact) for one, fact in meant):
            right.append(gold)
        else:
            (misdated if meant else missed).append(gold)
    accepted = [one for gold in sentence.facts for one in (gold, *gold.alternatives)] + sentence.also
    false = [fact for fact in found if not any(_same(one, fact) for one in accepted)]
    return Judged(sentence=sentence, right=right, misdated=misdated, missed=missed, false=false)


def _same(gold: GoldFact, fact: Fact) -> bool:
    """Whether a fact says what the gold says, whichever of both is called its source."""
    along = _is_named(gold.source, fact.source) and _is_named(gold.target, fact.target)
    against = _is_named(gold.source, fact.target) and _is_named(gold.target, fact.source)
    if gold.relation == ANY:
        return along or against
    names = relation_names()[gold.relation]
    if along and _is_called(names.forward, fact.relation):
        return True
    return against and _is_called(names.forward if names.symmetric else names.backward, fact.relation)


def _is_named(names: Iterable[str], said: str) -> bool:
    return any(name == ANY or _plain(name) == _plain(said) for name in names)


def _plain(name: str) -> str:
    return _BEFORE_NAMES.sub("", " ".join(name.translate(_QUOTES).split())).casefold().removesuffix("'s")


def _is_called(names: Iterable[str], relation: str) -> bool:
    said = relation.upper()
    for name in names:
        if name == said:
            return True
        if name.endswith("*") and said.startswith(name[:-1]) and not said.endswith("_BY"):
            return True
    return False


def _is_dated(gold: GoldFact, fact: Fact) -> bool:
    return _is_on(gold.valid_at, fact.valid_at) and _is_on(gold.invalid_at, fact.invalid_at)


def _is_on(said: str | None, found: date | None) -> bool:
    """Whether a moment is the first day of what is said, or none where nothing is."""
    if said is None or found is None:
        return said is None and found is None
    return (found.year, found.month, found.day) == tuple(int(part) for part in (said + "-01-01").split("-")[:3])


class Tally(_Strict):
    """Sums over sentences."""

    sentences: int
    stated: int
    right: int
    misdated: int
    nothing: int
    silent: int
    false: int

    @property
    def share_right(self) -> float:
        """Of the stated facts those that were found with their ends, direction, relation and dates; 1 where none is stated."""
        return self.right / self.stated if self.stated else 1.0

    @property
    def share_silent(self) -> float:
        """Of the sentences that state nothing those that give nothing; 1 where each states something."""
        return self.silent / self.nothing if self.nothing else 1.0


def tally(results: Iterable[Judged]) -> Tally:
    """Sums the results of sentences."""
    given = list(results)
    nothing = [one for one in given if one.sentence.nothing]
    return Tally(
        sentences=len(given),
        stated=sum(len(one.sentence.facts) for one in given),
        right=sum(len(one.right) for one in given),
        misdated=sum(len(one.misdated) for one in given),
        nothing=len(nothing),
        silent=sum(not one.false for one in nothing),
        false=sum(len(one.false) for one in given),
    )
