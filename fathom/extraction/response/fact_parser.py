"""Parses the facts of an answer: ends resolved to entities, located in the text, checked against their sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from fathom.extraction.model import Entity, Fact, FunctionalEnd
from fathom.extraction.response.fact_dates import FactDates, fact_dates
from fathom.extraction.response.fact_ends import NamedThings
from fathom.extraction.response.grounding import NOT_A_DATE_OF_THE_TEXT, ClaimedFact, FactEnd, may_have_a_date, objection
from fathom.extraction.response.object_fields import (
    BEGINS,
    ENDS,
    FACT,
    ONE_AT_A_TIME,
    QUOTE,
    RELATION,
    SOURCE,
    TARGET,
    by_letters,
    first,
    line,
)
from fathom.extraction.response.text_location import SourceText
from fathom.extraction.response_schema import MAX_FACT_LENGTH, MAX_RELATION_LENGTH, Vocabulary

_SENTENCE_END = re.compile(r"[.!?。！？](?=\s|$)|[。！？]")


class FactParser:
    """Parses facts about the entities of an answer and its text; counts the dropped ones in `dropped`, by reason."""

    def __init__(self, text: SourceText, things: NamedThings, vocabulary: Vocabulary, dropped: Counter[str]) -> None:
        self._text = text
        self._things = things
        self._wanted = {relation_of({"relation": name}): name for name in vocabulary.relations}
        self._dropped = dropped
        self._seen: set[tuple[str, str, str, str]] = set()
        self._has_numbers = may_have_a_date(text.text)

    def parse(self, items: Sequence[Mapping[str, Any]]) -> Iterator[Fact]:
        """Yields the facts among the items, each once."""
        for item in items:
            if (triple := self._triple(item)) and (fact := self._fact(item, *triple)):
                yield fact

    def _triple(self, item: Mapping[str, Any]) -> tuple[Entity, str, Entity] | None:
        """Returns source, relation and target; None if an entity is missing or the relation is not asked for."""
        relation = relation_of(item)
        if not relation:
            self._dropped["not a fact"] += 1
            return None
        source, target = (self._things.resolve(first(item, end)) for end in (SOURCE, TARGET))
        if source is None or target is None or source.name == target.name:
            self._dropped["fact without two entities"] += 1
            return None
        if self._wanted and relation not in self._wanted:
            self._dropped["relation not asked for"] += 1
            return None
        return source, self._wanted.get(relation, relation), target

    def _fact(self, item: Mapping[str, Any], source: Entity, relation: str, target: Entity) -> Fact | None:
        """Returns the fact; None if its sentence does not state it, or was given before."""
        given = line(first(item, QUOTE))[:MAX_FACT_LENGTH]
        span, is_quoted = self._text.locate_quote(given, (source.mentions, target.mentions))
        self._dropped["quote not in the text"] += bool(given) and not is_quoted
        quote = given if is_quoted else ""
        triple = (source.name, relation, target.name)
        whole = line(first(item, FACT)) or _restated(self._text.text, quote, span, triple)
        sentence = _shortened(whole)
        dates = self._dates(item)
        claim = ClaimedFact(
            self._end(source), relation, self._end(target), sentence, quote, bool(dates.invalid_at or dates.invalid_at_said)
        )
        if why := objection(claim, wanted=bool(self._wanted)):
            self._dropped[why] += 1
            return None
        if len(sentence) < len(whole):
            self._dropped["words beyond the longest fact"] += len(whole.split()) - len(sentence.split())
        if (*triple, sentence) in self._seen:
            self._dropped["fact said twice"] += 1
            return None
        self._seen.add((*triple, sentence))
        self._dropped.update(dates.faults)
        return Fact(
            source=source.name,
            target=target.name,
            relation=relation,
            fact=sentence,
            span=span,
            valid_at=dates.valid_at,
            invalid_at=dates.invalid_at,
            valid_at_said=dates.valid_at_said,
            invalid_at_said=dates.invalid_at_said,
            one_at_a_time=_functional_end(first(item, ONE_AT_A_TIME)),
        )

    def _end(self, entity: Entity) -> FactEnd:
        return FactEnd(entity.name, self._things.called(entity, self._text.text))

    def _dates(self, item: Mapping[str, Any]) -> FactDates:
        """Returns the dates of a fact; none if the text has no number from which they could follow."""
        dates = fact_dates(first(item, BEGINS), first(item, ENDS))
        if self._has_numbers or not (dates.valid_at or dates.invalid_at):
            return dates
        self._dropped[NOT_A_DATE_OF_THE_TEXT] += 1
        return fact_dates(None, None)


def members_of(item: Any) -> dict[str, Any]:
    """Returns the members of a fact by their letters; a list of three is source, relation and target."""
    if isinstance(item, list) and len(item) == 3 and all(isinstance(part, str) for part in item):
        return dict(zip(("source", "relation", "target"), item, strict=True))
    return by_letters(item) if isinstance(item, dict) else {}


def relation_of(item: Mapping[str, Any]) -> str:
    """Returns the relation in SCREAMING_SNAKE_CASE, within its bound; empty if there is none."""
    value = first(item, RELATION)
    if isinstance(value, list) and value:
        value = value[0]
    return re.sub(r"\W+", "_", line(value)[:MAX_RELATION_LENGTH]).strip("_").upper()


def _restated(text: str, quote: str, span: tuple[int, int], triple: tuple[str, str, str]) -> str:
    """Returns a substitute for a missing sentence: that of the quote, else source, relation and target."""
    if quote:
        return line(text[slice(*span)])
    source, relation, target = triple
    return f"{source} {relation.replace('_', ' ').lower()} {target}"


def _shortened(value: str) -> str:
    """Returns at most MAX_FACT_LENGTH characters of a sentence, cut at its last sentence end, else at a word."""
    if len(value) <= MAX_FACT_LENGTH:
        return value
    ends = [match.end() for match in _SENTENCE_END.finditer(value[:MAX_FACT_LENGTH])]
    if ends:
        return value[: ends[-1]]
    return (
        value[: MAX_FACT_LENGTH - 1].rpartition(" ")[0] + "…"
        if " " in value[:MAX_FACT_LENGTH]
        else value[: MAX_FACT_LENGTH - 1] + "…"
    )


def _functional_end(value: object) -> FunctionalEnd | None:
    return next((end for end in get_args(FunctionalEnd) if isinstance(value, str) and value.strip().casefold() == end), None)
