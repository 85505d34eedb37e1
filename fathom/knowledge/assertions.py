"""What each episode asserts of a fact, so that the fact's text and dates follow from all who assert it together.

An assertion is kept on the episode's mention of the fact's source, where it goes with the episode and no client of the
graph sees it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from fathom.calendar.spans import span_of
from fathom.extraction.model import FunctionalEnd
from fathom.knowledge.fact_validity import Claim, Validity


@dataclass(frozen=True)
class Assertion:
    """One episode says the fact, in these words; `at` is the date of its text, the others are dates that it gives.

    `relation` is its own word for it, which may differ from that of the fact it was judged to say. `valid_at_said` and
    `invalid_at_said` are the words of dates that moments do not say whole. `came_at` is when the text came, where `at` is a
    date of its document's own; None where `at` is when it came. `slot` is what the fact fills by the types of its ends,
    `wikidata` the property of its relation, `confidence` what its model gives it; None where that is not measured.
    """

    episode: str
    fact: str
    at: datetime
    valid_at: datetime | None
    invalid_at: datetime | None
    one_at_a_time: FunctionalEnd | None = None
    relation: str = ""
    valid_at_said: str | None = None
    invalid_at_said: str | None = None
    came_at: datetime | None = None
    slot: str | None = None
    wikidata: str | None = None
    confidence: float | None = None

    @property
    def undated(self) -> bool:
        """Whether it says nothing of when the fact holds, so that it holds when its text was written."""
        return not (self.valid_at or self.invalid_at or self.valid_at_said or self.invalid_at_said)

    @property
    def key(self) -> str:
        """That of its relation and sentence."""
        return statement_key(self.relation, self.fact)

    def packed(self, fact: str) -> str:
        """As it stands in the property `asserts` of a mention; `fact` is the fact's uuid."""
        dates = [_said(one) for one in (self.at, self.valid_at, self.invalid_at)]
        more = {
            "from": self.valid_at_said,
            "until": self.invalid_at_said,
            "came": _said(self.came_at),
            "slot": self.slot,
            "property": self.wikidata,
            "sure": self.confidence,
        }
        last = [kept] if (kept := {name: value for name, value in more.items() if value is not None}) else []
        return json.dumps([fact, self.episode, *dates, self.fact, self.one_at_a_time, self.relation, *last], ensure_ascii=False)


@dataclass(frozen=True)
class AssertedFact:
    """A fact with everyone who asserts it; at least one does."""

    uuid: str
    source: str
    target: str
    relation: str
    assertions: tuple[Assertion, ...]

    def claim(self) -> Claim:
        """The earliest beginning that is said, or else the date of the earliest text without one; the latest end after that.

        It has begun at no known time where all that is said of it is an end, or a beginning that could not be read.
        """
        starts = [one.valid_at for one in self.assertions if one.valid_at]
        undated = [one for one in self.assertions if one.undated]
        begins = min(starts or [one.at for one in undated] or [one.at for one in self.assertions])
        ends = [span for one in self.assertions if (span := _end(one, begins if starts else None))]
        last = max((at for at, _ in ends), default=None)
        said = Counter(one.one_at_a_time for one in self.assertions if one.one_at_a_time)
        only: FunctionalEnd = min(said, key=lambda end: (-said[end], end != "never", end), default="never")
        slots = Counter(one.slot for one in self.assertions if one.slot)
        return Claim(
            self.uuid,
            self.source,
            self.target,
            self.relation,
            begins,
            bool(starts),
            last,
            min(one.came_at or one.at for one in self.assertions),
            only,
            begun=bool(starts or undated),
            reports=tuple(sorted({one.at for one in undated if one.came_at})),
            slot=min(slots, key=lambda one: (-slots[one], one), default=None),
            ends_by=max((by for at, by in ends if at == last), default=None),
        )

    @property
    def at(self) -> datetime:
        """The date of the earliest text that says it."""
        return min(one.at for one in self.assertions)

    def dates_said(self, begins: datetime | None, ends: datetime | None) -> tuple[str | None, str | None]:
        """The words of its beginning and end, where no moment that is given for it says the same or more."""
        return (
            _words((one.valid_at, one.valid_at_said) for one in self.assertions if one.valid_at in (None, begins)),
            _words((one.invalid_at, one.invalid_at_said) for one in self.assertions if one.invalid_at in (None, ends)),
        )

    @property
    def confidence(self) -> float | None:
        """The highest of its sayings; None where it was measured of none."""
        return max((one.confidence for one in self.assertions if one.confidence is not None), default=None)

    @property
    def wikidata(self) -> str | None:
        """Wikidata's property of it: what most of its sayings give, first of all those by its own relation."""
        given = [one for one in self.assertions if one.wikidata]
        votes = Counter(one.wikidata for one in [one for one in given if one.relation == self.relation] or given)
        return min(votes, key=lambda one: (-votes[one], one or ""), default=None)

    @property
    def keys(self) -> set[str]:
        """Those of the sentences that say it."""
        return {one.key for one in self.assertions}

    @property
    def episodes(self) -> list[str]:
        """The uuids of those that assert it, each once."""
        return list(dict.fromkeys(one.episode for one in self.assertions))

    def words(self) -> str:
        """The spelling most often used of its sentence; of several the first that was written."""
        spellings = Counter(one.fact for one in self.assertions)
        first = {one.fact: one.at for one in sorted(self.assertions, key=lambda one: one.at, reverse=True)}
        return min(spellings, key=lambda words: (-spellings[words], first[words], words))

    def and_also(self, assertions: Iterable[Assertion]) -> AssertedFact:
        """With these too, in place of what their episodes asserted by the same sentences before."""
        by_saying = {(one.episode, one.key): one for one in (*self.assertions, *assertions)}
        return self._with(by_saying.values())

    def without(self, episodes: set[str]) -> AssertedFact | None:
        """What is left when these episodes are gone; None where nobody asserts it any more."""
        left = [one for one in self.assertions if one.episode not in episodes]
        return self._with(left) if left else None

    def _with(self, assertions: Iterable[Assertion]) -> AssertedFact:
        ordered = tuple(sorted(assertions, key=lambda one: (one.episode, one.key)))
        return AssertedFact(self.uuid, self.source, self.target, self.relation, ordered)


# By the key of what is said: the uuid of the fact that says it by then, and the relation as it was said.
FactRenames = Mapping[str, tuple[str, str]]
RunQuery = Callable[..., Iterable[Mapping[str, Any]]]  # a query with its parameters; the rows

FACT_COLUMNS = """
r.uuid AS uuid, startNode(r).uuid AS source, endNode(r).uuid AS target, r.name AS relation, r.episodes AS episodes,
r.fact AS fact, r.reference_time AS at, r.created_at AS created, r.valid_at AS valid_at, r.invalid_at AS invalid_at,
r.expired_at AS expired_at
"""
ASSERTIONS = """
MATCH (p:Episodic)-[m:MENTIONS]->(a:Entity) WHERE p.uuid IN $episodes AND a.uuid IN $sources AND m.asserts IS NOT NULL
RETURN m.asserts AS asserts
"""


@dataclass(frozen=True)
class StoredFact:
    """A fact as the graph holds it, with everyone who asserts it."""

    asserted: AssertedFact
    fact: str
    validity: Validity
    complete: bool  # whether each of its episodes' assertions was kept


def stored_facts(run: RunQuery, query: str, *, asserted_by: Set[str] | None = None, **parameters: Any) -> list[StoredFact]:
    """The facts that the query answers in FACT_COLUMNS, without those that no episode (of these) asserts."""
    rows = list(run(query, **parameters))
    if asserted_by is not None:
        rows = [row for row in rows if not asserted_by.isdisjoint(row["episodes"] or ())]
    episodes = sorted({episode for row in rows for episode in row["episodes"] or ()})
    sources = sorted({row["source"] for row in rows})
    kept: dict[str, list[Assertion]] = defaultdict(list)
    for row in run(ASSERTIONS, episodes=episodes, sources=sources) if episodes else ():
        for uuid, assertion in map(unpack, row["asserts"]):
            kept[uuid].append(assertion)
    return [held for row in rows if (held := stored_fact(row, kept.get(row["uuid"], ())))]


def stored_fact(row: Mapping[str, Any], kept: Iterable[Assertion]) -> StoredFact | None:
    """The fact of a row of FACT_COLUMNS with the assertions that were kept of it; None where no episode asserts it.

    An episode of which none was kept wrote before they were, or is another client's: it asserts what the fact says now.
    """
    episodes = set(row["episodes"] or ())
    relation = row["relation"]
    known = [one if one.relation else replace(one, relation=relation) for one in kept if one.episode in episodes]
    at, valid_at = parse_timestamp(row["at"]) or parse_timestamp(row["created"]), parse_timestamp(row["valid_at"])
    others = sorted(episodes.difference(one.episode for one in known)) if at else []
    if at:
        dates = (None, None) if known else (None if valid_at == at else valid_at, parse_timestamp(row["invalid_at"]))
        known += [Assertion(episode, row["fact"], at, *dates, relation=relation) for episode in others]
    if not known:
        return None
    empty = AssertedFact(row["uuid"], row["source"], row["target"], relation, ())
    ends = Validity(parse_timestamp(row["invalid_at"]), parse_timestamp(row["expired_at"]), valid_at is not None)
    return StoredFact(empty.and_also(known), row["fact"], ends, not others)


def parse_timestamp(value: Any) -> datetime | None:
    """A time as either server answers it."""
    if hasattr(value, "to_native"):
        value = value.to_native()
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def rename_asserted_facts(asserts: Sequence[str] | None, names: Mapping[str, FactRenames]) -> list[str] | None:
    """The packed assertions of a mention, each of the fact that it asserts by then; `names` by the uuids they have."""
    if asserts is None:
        return None
    found: list[str] = []
    for packed in asserts:
        fact, said = unpack(packed)
        known = names.get(fact, {})
        # One that was written without its relation has the relation of one of those.
        keys = [said.key, *(statement_key(relation, said.fact) for _, relation in known.values() if not said.relation)]
        new, relation = next((known[key] for key in keys if key in known), (fact, said.relation))
        found.append(replace(said, relation=relation).packed(new))
    return found


def unpack(packed: str) -> tuple[str, Assertion]:
    """The uuid of the fact, and the assertion, of a property `asserts`."""
    fact, episode, at, valid_at, invalid_at, words, *rest = json.loads(packed)
    only, relation, more = (*rest, None, None, None)[:3]
    more = more or {}
    return fact, Assertion(
        episode,
        words,
        datetime.fromisoformat(at),
        _known(valid_at),
        _known(invalid_at),
        only,
        relation or "",
        more.get("from"),
        more.get("until"),
        parse_timestamp(more.get("came")),
        more.get("slot"),
        more.get("property"),
        more.get("sure"),
    )


def statement_key(relation: str, fact: str) -> str:
    """32 hex digits that are the same for the same relation and sentence; case and white space do not count."""
    return hashlib.sha256(f"{relation}\0{fold_case(fact)}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fold_case(words: str) -> str:
    """The words without what does not tell sentences apart: case and white space."""
    return " ".join(words.lower().split())


def may_share_start(ones: Collection[datetime | None], others: Collection[datetime | None]) -> bool:
    """Whether any two of these beginnings may be one: one of them is not said, or only the year of it."""
    return any(
        one is None
        or other is None
        or one == other
        or (one.year == other.year and any((date.month, date.day) == (1, 1) for date in (one, other)))
        for one in ones
        for other in others
    )


def _known(value: str | None) -> datetime | None:
    """A date that was kept; None for the years by which older versions wrote `unknown` and `open`."""
    found = parse_timestamp(value)
    return found if found and 1 < found.year < 9999 else None


def _end(said: Assertion, begins: datetime | None) -> tuple[datetime, datetime] | None:
    """The end that an assertion gives to what begins then, with the last day it may mean; None where all is before."""
    if said.invalid_at is None:
        return None
    span = span_of(said.invalid_at_said) if said.invalid_at_said else None
    by = max(span.ends, said.invalid_at) if span else said.invalid_at
    if begins is None or said.invalid_at >= begins:
        return said.invalid_at, by
    return (by, by) if by >= begins else None


def _words(dates: Iterable[tuple[datetime | None, str | None]]) -> str | None:
    """Of several words of one date the shortest, none where it was told exactly; unread ones only where there are no others."""
    of_moment: set[str | None] = set()
    unread: set[str] = set()
    for at, said in dates:
        if at is not None:
            of_moment.add(said)
        elif said is not None:
            unread.add(said)
    words = {said for said in of_moment if said is not None and None not in of_moment} if of_moment else unread
    return min(words, key=lambda one: (len(one), one), default=None)


def _said(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None


def merge_by_uuid(facts: Sequence[AssertedFact]) -> dict[str, AssertedFact]:
    """The facts by uuid, those of one uuid as one that all of them assert."""
    found: dict[str, AssertedFact] = {}
    for fact in facts:
        found[fact.uuid] = found[fact.uuid].and_also(fact.assertions) if fact.uuid in found else fact
    return found
