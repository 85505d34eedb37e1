"""Reads an answer as an extraction: checked, located in the text, bounded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from fathom.extraction.model import Ends, Extraction, Fact
from fathom.extraction.response.entity_types import EntityTypes
from fathom.extraction.response.fact_dates import Dates, dates
from fathom.extraction.response.fact_ends import NamedThings
from fathom.extraction.response.grounding import NOT_A_DATE_OF_THE_TEXT, Claim, End, may_have_a_date, objection
from fathom.extraction.response.json_extraction import NotAsAsked, record_of
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
from fathom.extraction.response_schema import LONGEST_FACT, LONGEST_RELATION, MOST_FACTS, Vocabulary

_SENTENCE_END = re.compile(r"[.!?。！？](?=\s|$)|[。！？]")


@dataclass(frozen=True)
class Read:
    """An answer that could be read: its extraction, and how many parts of it were left out for which reason."""

    extraction: Extraction
    dropped: Mapping[str, int]


def read_answer(answer: str, text: str, vocabulary: Vocabulary) -> Read:
    """The extraction that the answer gives of the text; what is not in the text or not allowed is left out and counted.

    A list that is missing is taken to be empty. Raises AnswerCut where the answer's end is missing, NotAsAsked where it has
    neither list, or nothing of what they hold is usable.
    """
    data = record_of(answer, LISTS)
    dropped: Counter[str] = Counter(f"no list of {name}" for name in ("entities", "facts") if name not in data)
    given = {name: items(data.get(name), name) for name in ("entities", "facts")}
    things = NamedThings(given["entities"], EntityTypes(vocabulary.entity_types), dropped)
    if given["entities"] and dropped["not an entity"] == len(given["entities"]):
        raise NotAsAsked("none of its entities has a name")
    said = [_members(item) for item in given["facts"][:MOST_FACTS]]
    if said and not given["entities"] and not any(_relation(one) for one in said):
        raise NotAsAsked("none of its facts has a relation")
    things.add_ends([first(one, end) for one in said for end in (SOURCE, TARGET)])
    source_text = SourceText(text)
    entities = things.entities(source_text)
    dropped["too many facts"] += max(0, len(given["facts"]) - MOST_FACTS)
    return Read(Extraction(entities=entities, facts=_facts(said, source_text, things, vocabulary, dropped)), dict(dropped))


def _facts(
    said: Sequence[Mapping[str, Any]], text: SourceText, things: NamedThings, vocabulary: Vocabulary, dropped: Counter[str]
) -> list[Fact]:
    wanted = {_relation({"relation": name}): name for name in vocabulary.relations}
    facts: list[Fact] = []
    seen: set[tuple[str, str, str, str]] = set()
    has_numbers = may_have_a_date(text.text)
    for item in said:
        relation = _relation(item)
        if not relation:
            dropped["not a fact"] += 1
            continue
        one, other = (things.meant_by(first(item, end)) for end in (SOURCE, TARGET))
        if one is None or other is None or one.name == other.name:
            dropped["fact without two entities"] += 1
            continue
        source, target = one.name, other.name
        if wanted and relation not in wanted:
            dropped["relation not asked for"] += 1
            continue
        relation = wanted.get(relation, relation)
        quote = line(first(item, QUOTE))[:LONGEST_FACT]
        span, is_quoted = text.said_at(quote, (one.mentions, other.mentions))
        dropped["quote not in the text"] += bool(quote) and not is_quoted
        whole = line(first(item, FACT)) or _restated(text.text, quote if is_quoted else "", span, (source, relation, target))
        sentence = _shortened(whole)
        told = _dated(item, has_numbers, dropped)
        claim = Claim(
            End(source, things.called(one, text.text)),
            relation,
            End(target, things.called(other, text.text)),
            sentence,
            quote if is_quoted else "",
            has_ended=bool(told.invalid_at or told.invalid_at_said),
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
        dropped.update(told.faults)
        facts.append(
            Fact(
                source=source,
                target=target,
                relation=relation,
                fact=sentence,
                span=span,
                valid_at=told.valid_at,
                invalid_at=told.invalid_at,
                valid_at_said=told.valid_at_said,
                invalid_at_said=told.invalid_at_said,
                one_at_a_time=_one_at_a_time(first(item, ONE_AT_A_TIME)),
            )
        )
    return facts


def _dated(item: Mapping[str, Any], has_numbers: bool, dropped: Counter[str]) -> Dates:
    """The dates of a fact; none where the text has no number from which they could follow."""
    begins, ends = first(item, BEGINS), first(item, ENDS)
    told = dates(begins, ends)
    if has_numbers or not (told.valid_at or told.invalid_at):
        return told
    dropped[NOT_A_DATE_OF_THE_TEXT] += 1
    return dates(None, None)


def _members(item: Any) -> dict[str, Any]:
    """The members of a fact by their letters; a list of three is its source, relation and target."""
    if isinstance(item, list) and len(item) == 3 and all(isinstance(one, str) for one in item):
        return dict(zip(("source", "relation", "target"), item, strict=True))
    return by_letters(item) if isinstance(item, dict) else {}


def _relation(item: Mapping[str, Any]) -> str:
    """The relation in capitals with underscores, within its bound; nothing where none is said."""
    said = first(item, RELATION)
    if isinstance(said, list) and said:
        said = said[0]
    return re.sub(r"\W+", "_", line(said)[:LONGEST_RELATION]).strip("_").upper()


def _restated(text: str, quote: str, span: tuple[int, int], triple: tuple[str, str, str]) -> str:
    """What stands for the sentence of a fact that has none: that of its quote, else its own parts in a row."""
    if quote:
        return line(text[slice(*span)])
    source, relation, target = triple
    return f"{source} {relation.replace('_', ' ').lower()} {target}"


def _shortened(said: str) -> str:
    """A sentence of at most LONGEST_FACT letters: a longer one up to its last end of a sentence, else of a word."""
    if len(said) <= LONGEST_FACT:
        return said
    ends = [match.end() for match in _SENTENCE_END.finditer(said[:LONGEST_FACT])]
    if ends:
        return said[: ends[-1]]
    return said[: LONGEST_FACT - 1].rpartition(" ")[0] + "…" if " " in said[:LONGEST_FACT] else said[: LONGEST_FACT - 1] + "…"


def _one_at_a_time(said: object) -> Ends | None:
    return next((end for end in get_args(Ends) if isinstance(said, str) and said.strip().casefold() == end), None)
