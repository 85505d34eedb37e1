"""Parses an answer into an extraction: validated, located in the text, bounded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from fathom.extraction.model import Extraction, Fact, FunctionalEnd
from fathom.extraction.response.entity_types import EntityTypes
from fathom.extraction.response.fact_dates import FactDates, fact_dates
from fathom.extraction.response.fact_ends import NamedThings
from fathom.extraction.response.grounding import NOT_A_DATE_OF_THE_TEXT, ClaimedFact, FactEnd, may_have_a_date, objection
from fathom.extraction.response.json_extraction import MalformedResponse, record_of
from fathom.extraction.response.object_fields import (
    BEGINS,
    ENDS,
    FACT,
    LISTS,
    ONE_AT_A_TIME,
    QUOTE,
    RELATION,
    SOURCE,
    TARGET,
    by_letters,
    first,
    items,
    line,
)
from fathom.extraction.response.text_location import SourceText
from fathom.extraction.response_schema import MAX_FACT_LENGTH, MAX_FACTS, MAX_RELATION_LENGTH, Vocabulary

_SENTENCE_END = re.compile(r"[.!?。！？](?=\s|$)|[。！？]")


@dataclass(frozen=True)
class ParsedResponse:
    """A parsed answer: its extraction, and the number of dropped parts by reason."""

    extraction: Extraction
    dropped: Mapping[str, int]


def parse_response(answer: str, text: str, vocabulary: Vocabulary) -> ParsedResponse:
    """Parses the answer into an extraction of the text; drops and counts items that are not in the text or not allowed.

    A missing list is taken to be empty. Raises TruncatedResponse where the answer's end is missing, MalformedResponse where it
    has neither list, or no usable item.
    """
    data = record_of(answer, LISTS)
    dropped: Counter[str] = Counter(f"no list of {name}" for name in ("entities", "facts") if name not in data)
    given = {name: items(data.get(name), name) for name in ("entities", "facts")}
    things = NamedThings(given["entities"], EntityTypes(vocabulary.entity_types), dropped)
    if given["entities"] and dropped["not an entity"] == len(given["entities"]):
        raise MalformedResponse("none of its entities has a name")
    members = [_members(item) for item in given["facts"][:MAX_FACTS]]
    if members and not given["entities"] and not any(_relation(item) for item in members):
        raise MalformedResponse("none of its facts has a relation")
    things.add_ends([first(item, end) for item in members for end in (SOURCE, TARGET)])
    source_text = SourceText(text)
    entities = things.entities(source_text)
    dropped["too many facts"] += max(0, len(given["facts"]) - MAX_FACTS)
    return ParsedResponse(
        Extraction(entities=entities, facts=_facts(members, source_text, things, vocabulary, dropped)), dict(dropped)
    )


def _facts(
    members: Sequence[Mapping[str, Any]], text: SourceText, things: NamedThings, vocabulary: Vocabulary, dropped: Counter[str]
) -> list[Fact]:
    wanted = {_relation({"relation": name}): name for name in vocabulary.relations}
    facts: list[Fact] = []
    seen: set[tuple[str, str, str, str]] = set()
    has_numbers = may_have_a_date(text.text)
    for item in members:
        relation = _relation(item)
        if not relation:
            dropped["not a fact"] += 1
            continue
        subject, object_ = (things.resolve(first(item, end)) for end in (SOURCE, TARGET))
        if subject is None or object_ is None or subject.name == object_.name:
            dropped["fact without two entities"] += 1
            continue
        source, target = subject.name, object_.name
        if wanted and relation not in wanted:
            dropped["relation not asked for"] += 1
            continue
        relation = wanted.get(relation, relation)
        quote = line(first(item, QUOTE))[:MAX_FACT_LENGTH]
        span, is_quoted = text.locate_quote(quote, (subject.mentions, object_.mentions))
        dropped["quote not in the text"] += bool(quote) and not is_quoted
        whole = line(first(item, FACT)) or _restated(text.text, quote if is_quoted else "", span, (source, relation, target))
        sentence = _shortened(whole)
        dates = _dated(item, has_numbers, dropped)
        claim = ClaimedFact(
            FactEnd(source, things.called(subject, text.text)),
            relation,
            FactEnd(target, things.called(object_, text.text)),
            sentence,
            quote if is_quoted else "",
            has_ended=bool(dates.invalid_at or dates.invalid_at_said),
        )
        if why := objection(claim, wanted=bool(wanted)):
            dropped[why] += 1
            continue
        if len(sentence) < len(whole):
            dropped["words beyond the longest fact"] += len(whole.split()) - len(sentence.split())
        if (source, relation, target, sentence) in seen:
            dropped["fact said twice"] += 1
            continue
        seen.add((source, relation, target, sentence))
        dropped.update(dates.faults)
        facts.append(
            Fact(
                source=source,
                target=target,
                relation=relation,
                fact=sentence,
                span=span,
                valid_at=dates.valid_at,
                invalid_at=dates.invalid_at,
                valid_at_said=dates.valid_at_said,
                invalid_at_said=dates.invalid_at_said,
                one_at_a_time=_one_at_a_time(first(item, ONE_AT_A_TIME)),
            )
        )
    return facts


def _dated(item: Mapping[str, Any], has_numbers: bool, dropped: Counter[str]) -> FactDates:
    """Returns the dates of a fact; none if the text has no number from which they could follow."""
    begins, ends = first(item, BEGINS), first(item, ENDS)
    dates = fact_dates(begins, ends)
    if has_numbers or not (dates.valid_at or dates.invalid_at):
        return dates
    dropped[NOT_A_DATE_OF_THE_TEXT] += 1
    return fact_dates(None, None)


def _members(item: Any) -> dict[str, Any]:
    """Returns the members of a fact by their letters; a list of three is source, relation and target."""
    if isinstance(item, list) and len(item) == 3 and all(isinstance(part, str) for part in item):
        return dict(zip(("source", "relation", "target"), item, strict=True))
    return by_letters(item) if isinstance(item, dict) else {}


def _relation(item: Mapping[str, Any]) -> str:
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


def _one_at_a_time(value: object) -> FunctionalEnd | None:
    return next((end for end in get_args(FunctionalEnd) if isinstance(value, str) and value.strip().casefold() == end), None)
