"""Assertions of facts by episodes, and the aggregation of a fact's text and dates from all of its assertions.

An assertion is stored on the episode's mention of the fact's source, so that it is deleted with the episode and hidden from
clients of the graph.
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
from fathom.knowledge.fact_validity import Claim, FactValidity


@dataclass(frozen=True)
class Assertion:
    """A statement of a fact by an episode; `at` is the date of its text, `valid_at` and `invalid_at` are stated dates.

    `relation` is the episode's own, which may differ from that of the fact it is merged into. `valid_at_said` and
    `invalid_at_said` are the words of dates that a datetime cannot express. `came_at` is the time of arrival where `at` is a
    date of the document itself, else None. `role` is that of a functional relation by the types of its ends, `wikidata` the
    property of the relation, `confidence` the model's, None where it is not measured.
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
    role: str | None = None
    wikidata: str | None = None
    confidence: float | None = None

    @property
    def undated(self) -> bool:
        """Whether it states no date, so that the fact holds from the date of the text."""
        return not (self.valid_at or self.invalid_at or self.valid_at_said or self.invalid_at_said)

    @property
    def key(self) -> str:
        """The statement key of its relation and sentence."""
        return statement_key(self.relation, self.fact)

    def pack(self, fact: str) -> str:
        """Returns the JSON for the property `asserts` of a mention; `fact` is the fact's uuid."""
        dates = [_iso(date) for date in (self.at, self.valid_at, self.invalid_at)]
        more = {
            "from": self.valid_at_said,
            "until": self.invalid_at_said,
            "came": _iso(self.came_at),
            "slot": self.role,
            "property": self.wikidata,
            "sure": self.confidence,
        }
        last = [kept] if (kept := {name: value for name, value in more.items() if value is not None}) else []
        return json.dumps([fact, self.episode, *dates, self.fact, self.one_at_a_time, self.relation, *last], ensure_ascii=False)


@dataclass(frozen=True)
class AssertedFact:
    """A fact with its assertions, at least one."""

    uuid: str
    source: str
    target: str
    relation: str
    assertions: tuple[Assertion, ...]

    def claim(self) -> Claim:
        """Aggregates the assertions: the earliest stated beginning, or else the earliest text date; the latest end after that.

        `begun` is false where all assertions state only an end, or a beginning that could not be parsed.
        """
        starts = [assertion.valid_at for assertion in self.assertions if assertion.valid_at]
        undated = [assertion for assertion in self.assertions if assertion.undated]
        begins = min(starts or [assertion.at for assertion in undated] or [assertion.at for assertion in self.assertions])
        ends = [span for assertion in self.assertions if (span := _end(assertion, begins if starts else None))]
        last = max((at for at, _ in ends), default=None)
        votes = Counter(assertion.one_at_a_time for assertion in self.assertions if assertion.one_at_a_time)
        functional: FunctionalEnd = min(votes, key=lambda end: (-votes[end], end != "never", end), default="never")
        roles = Counter(assertion.role for assertion in self.assertions if assertion.role)
        return Claim(
            self.uuid,
            self.source,
            self.target,
            self.relation,
            begins,
            bool(starts),
            last,
            min(assertion.came_at or assertion.at for assertion in self.assertions),
            functional,
            begun=bool(starts or undated),
            reports=tuple(sorted({assertion.at for assertion in undated if assertion.came_at})),
            role=min(roles, key=lambda role: (-roles[role], role), default=None),
            ends_by=max((by for at, by in ends if at == last), default=None),
        )

    @property
    def at(self) -> datetime:
        """The date of the earliest text that states it."""
        return min(assertion.at for assertion in self.assertions)

    def date_phrases(self, begins: datetime | None, ends: datetime | None) -> tuple[str | None, str | None]:
        """Returns the words of its beginning and end, where the given datetimes do not express them."""
        return (
            _phrase(
                (assertion.valid_at, assertion.valid_at_said)
                for assertion in self.assertions
                if assertion.valid_at in (None, begins)
            ),
            _phrase(
                (assertion.invalid_at, assertion.invalid_at_said)
                for assertion in self.assertions
                if assertion.invalid_at in (None, ends)
            ),
        )

    @property
    def confidence(self) -> float | None:
        """The highest confidence of its assertions; None where none was measured."""
        return max((assertion.confidence for assertion in self.assertions if assertion.confidence is not None), default=None)

    @property
    def wikidata(self) -> str | None:
        """The Wikidata property that most assertions give, those by its own relation first."""
        given = [assertion for assertion in self.assertions if assertion.wikidata]
        votes = Counter(
            assertion.wikidata
            for assertion in [assertion for assertion in given if assertion.relation == self.relation] or given
        )
        return min(votes, key=lambda property: (-votes[property], property or ""), default=None)

    @property
    def keys(self) -> set[str]:
        """The statement keys of its assertions."""
        return {assertion.key for assertion in self.assertions}

    @property
    def episodes(self) -> list[str]:
        """The uuids of the episodes that assert it, each once."""
        return list(dict.fromkeys(assertion.episode for assertion in self.assertions))

    def most_common_wording(self) -> str:
        """Returns the most frequent wording of its sentence; of several the first that was written."""
        spellings = Counter(assertion.fact for assertion in self.assertions)
        first = {
            assertion.fact: assertion.at
            for assertion in sorted(self.assertions, key=lambda assertion: assertion.at, reverse=True)
        }
        return min(spellings, key=lambda words: (-spellings[words], first[words], words))

    def with_assertions(self, assertions: Iterable[Assertion]) -> AssertedFact:
        """Returns the fact with these assertions added, in place of older ones of the same episode and statement."""
        by_statement = {(assertion.episode, assertion.key): assertion for assertion in (*self.assertions, *assertions)}
        return self._with(by_statement.values())

    def without(self, episodes: set[str]) -> AssertedFact | None:
        """Returns the fact without the assertions of these episodes; None where no assertion remains."""
        rest = [assertion for assertion in self.assertions if assertion.episode not in episodes]
        return self._with(rest) if rest else None

    def _with(self, assertions: Iterable[Assertion]) -> AssertedFact:
        ordered = tuple(sorted(assertions, key=lambda assertion: (assertion.episode, assertion.key)))
        return AssertedFact(self.uuid, self.source, self.target, self.relation, ordered)


# By statement key: the uuid of the fact that now has the statement, and the relation as it was stated.
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
    """A fact as stored in the graph, with its assertions."""

    asserted: AssertedFact
    fact: str
    validity: FactValidity
    complete: bool  # whether the assertion of each of its episodes is stored


def stored_facts(run: RunQuery, query: str, *, asserted_by: Set[str] | None = None, **parameters: Any) -> list[StoredFact]:
    """Returns the facts of a query for FACT_COLUMNS that an episode asserts, of `asserted_by` if given."""
    rows = list(run(query, **parameters))
    if asserted_by is not None:
        rows = [row for row in rows if not asserted_by.isdisjoint(row["episodes"] or ())]
    episodes = sorted({episode for row in rows for episode in row["episodes"] or ()})
    sources = sorted({row["source"] for row in rows})
    stored: dict[str, list[Assertion]] = defaultdict(list)
    for row in run(ASSERTIONS, episodes=episodes, sources=sources) if episodes else ():
        for uuid, assertion in map(unpack, row["asserts"]):
            stored[uuid].append(assertion)
    return [fact for row in rows if (fact := stored_fact(row, stored.get(row["uuid"], ())))]


def stored_fact(row: Mapping[str, Any], stored: Iterable[Assertion]) -> StoredFact | None:
    """Returns the fact of a row of FACT_COLUMNS with its stored assertions; None where no episode asserts it.

    An episode without a stored assertion is of an older version or of another client: it asserts the fact as it stands.
    """
    episodes = set(row["episodes"] or ())
    relation = row["relation"]
    known = [
        assertion if assertion.relation else replace(assertion, relation=relation)
        for assertion in stored
        if assertion.episode in episodes
    ]
    at, valid_at = parse_timestamp(row["at"]) or parse_timestamp(row["created"]), parse_timestamp(row["valid_at"])
    others = sorted(episodes.difference(assertion.episode for assertion in known)) if at else []
    if at:
        dates = (None, None) if known else (None if valid_at == at else valid_at, parse_timestamp(row["invalid_at"]))
        known += [Assertion(episode, row["fact"], at, *dates, relation=relation) for episode in others]
    if not known:
        return None
    empty = AssertedFact(row["uuid"], row["source"], row["target"], relation, ())
    ends = FactValidity(parse_timestamp(row["invalid_at"]), parse_timestamp(row["expired_at"]), valid_at is not None)
    return StoredFact(empty.with_assertions(known), row["fact"], ends, not others)


def parse_timestamp(value: Any) -> datetime | None:
    """Returns a timestamp of either server as a datetime with a time zone; None for other values."""
    if hasattr(value, "to_native"):
        value = value.to_native()
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def rename_asserted_facts(asserts: Sequence[str] | None, names: Mapping[str, FactRenames]) -> list[str] | None:
    """Returns the packed assertions of a mention with their current facts; `names` is by the uuids of their former facts."""
    if asserts is None:
        return None
    found: list[str] = []
    for packed in asserts:
        fact, assertion = unpack(packed)
        known = names.get(fact, {})
        # an assertion of an older version has no relation: it takes that of a known statement
        keys = [
            assertion.key,
            *(statement_key(relation, assertion.fact) for _, relation in known.values() if not assertion.relation),
        ]
        new, relation = next((known[key] for key in keys if key in known), (fact, assertion.relation))
        found.append(replace(assertion, relation=relation).pack(new))
    return found


def unpack(packed: str) -> tuple[str, Assertion]:
    """Returns the uuid of the fact, and the assertion, packed in a property `asserts`."""
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
    """Returns a hash (32 hex digits) of a relation and sentence; case and white space do not count."""
    return hashlib.sha256(f"{relation}\0{fold_case(fact)}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fold_case(words: str) -> str:
    """Returns the text in lower case, with single spaces."""
    return " ".join(words.lower().split())


def may_share_start(starts: Collection[datetime | None], other_starts: Collection[datetime | None]) -> bool:
    """Returns whether any two of these starts may be the same: equal, not stated, or stated as the same year only."""
    return any(
        left is None
        or right is None
        or left == right
        or (left.year == right.year and any((date.month, date.day) == (1, 1) for date in (left, right)))
        for left in starts
        for right in other_starts
    )


def _known(value: str | None) -> datetime | None:
    """Returns a stored date; None for the years by which older versions wrote `unknown` and `open`."""
    found = parse_timestamp(value)
    return found if found and 1 < found.year < 9999 else None


def _end(assertion: Assertion, begins: datetime | None) -> tuple[datetime, datetime] | None:
    """Returns the end that an assertion states, with the last day it may mean; None where both are before `begins`."""
    if assertion.invalid_at is None:
        return None
    span = span_of(assertion.invalid_at_said) if assertion.invalid_at_said else None
    by = max(span.ends, assertion.invalid_at) if span else assertion.invalid_at
    if begins is None or assertion.invalid_at >= begins:
        return assertion.invalid_at, by
    return (by, by) if by >= begins else None


def _phrase(dates: Iterable[tuple[datetime | None, str | None]]) -> str | None:
    """Returns the shortest phrase of a date, None where it was also stated exactly; unparsed phrases come last."""
    of_moment: set[str | None] = set()
    unread: set[str] = set()
    for at, phrase in dates:
        if at is not None:
            of_moment.add(phrase)
        elif phrase is not None:
            unread.add(phrase)
    words = {phrase for phrase in of_moment if phrase is not None and None not in of_moment} if of_moment else unread
    return min(words, key=lambda phrase: (len(phrase), phrase), default=None)


def _iso(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None


def merge_by_uuid(facts: Sequence[AssertedFact]) -> dict[str, AssertedFact]:
    """Returns the facts by uuid; facts of the same uuid are merged."""
    found: dict[str, AssertedFact] = {}
    for fact in facts:
        found[fact.uuid] = found[fact.uuid].with_assertions(fact.assertions) if fact.uuid in found else fact
    return found
