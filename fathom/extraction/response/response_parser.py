"""Parses an answer into an extraction: validated, located in the text, bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from fathom.extraction.model import Extraction
from fathom.extraction.response.entity_types import EntityTypes
from fathom.extraction.response.fact_ends import NamedThings
from fathom.extraction.response.fact_parser import FactParser, members_of, relation_of
from fathom.extraction.response.json_extraction import MalformedResponse, record_of
from fathom.extraction.response.object_fields import LISTS, SOURCE, TARGET, first, items
from fathom.extraction.response.text_location import SourceText
from fathom.extraction.response_schema import MAX_FACTS, Vocabulary


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
    members = [members_of(item) for item in given["facts"][:MAX_FACTS]]
    if members and not given["entities"] and not any(relation_of(item) for item in members):
        raise MalformedResponse("none of its facts has a relation")
    things.add_ends([first(item, end) for item in members for end in (SOURCE, TARGET)])
    source_text = SourceText(text)
    entities = things.entities(source_text)
    dropped["too many facts"] += max(0, len(given["facts"]) - MAX_FACTS)
    facts = list(FactParser(source_text, things, vocabulary, dropped).parse(members))
    return ParsedResponse(Extraction(entities=entities, facts=facts), dict(dropped))
