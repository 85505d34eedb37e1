"""Chunks beside their entities and facts; a click highlights the source text of a fact or entity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

from fathom.api.page.figures_in_words import many
from fathom.chunking.sentences import TextSpan
from fathom.extraction.dropped_items import describe_dropped
from fathom.graph.read.episode_contents import EpisodeEntity, EpisodeFact
from fathom.operations.document_passages import ChunkPassage, Passages
from fathom.status.document_status import DocumentStatus

_STATES = {
    "planned": ("queued", "waits for the language model"),
    "extracted": ("running", "answered, waits to be written"),
    "written": ("complete", "in the graph"),
    "failed": ("failed", "failed"),
    "quarantined": ("failed", "set aside"),
    "removed": ("paused", "taken out of the graph"),
}
_NAMES = 40  # entities of a chunk that are shown at once
_CONFIDENCES = (0.0, 0.8, 0.9, 0.95)  # selectable confidences


@dataclass(frozen=True)
class PassageFilter:
    """Filters a page of passages: the number of chunks, and the least confidence of facts."""

    limit: int
    least: float = 0.0

    def hides(self, fact: EpisodeFact) -> bool:
        """Returns whether the fact has a confidence below the least."""
        return fact.confidence is not None and fact.confidence < self.least


@dataclass(frozen=True)
class TextPiece:
    """A piece of a chunk's text; `marks` are the facts and entities that cover it, separated by spaces."""

    text: str
    marks: str


@dataclass(frozen=True)
class FactItem:
    """A fact of a chunk; `quote` is its sentence if the text does not have it."""

    mark: str
    source: str
    relation: str
    target: str
    wikidata: str | None
    about: str
    quote: str | None


@dataclass(frozen=True)
class EntityItem:
    """An entity of a chunk with its type."""

    mark: str
    name: str
    about: str


@dataclass(frozen=True)
class ChunkArticle:
    """A chunk: its text in pieces, its state, and what it put into the graph; `place` counts from 1."""

    place: int
    heading: str
    about: str
    dot: str
    state: str
    reason: str | None
    pieces: list[TextPiece]
    facts: list[FactItem]
    hidden: str | None
    entities: list[EntityItem]
    more_entities: list[EntityItem]
    put_nothing: bool
    left_out: str | None


@dataclass(frozen=True)
class ConfidenceOption:
    """A least confidence that can be chosen."""

    value: str
    word: str
    selected: bool


@dataclass(frozen=True)
class ChunkPaging:
    """The range of shown chunks, and the addresses of the pages before and after."""

    shown: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ChunksPart:
    """A page of chunks; `empty` says why there are none."""

    template: ClassVar[str] = "document/chunks.html"
    empty: str | None = None
    count: str | None = None
    start: int = 0
    notices: tuple[str, ...] = ()
    confidences: tuple[ConfidenceOption, ...] = ()
    chunks: tuple[ChunkArticle, ...] = ()
    paging: ChunkPaging | None = None


def shown(found: Passages, status: DocumentStatus, choice: PassageFilter) -> ChunksPart:
    """Returns a page of chunks."""
    if found.version is None:
        return ChunksPart("It was not cut into chunks." if status.state == "failed" else "There are none yet.")
    notices = []
    if found.version != status.version:
        notices.append("These are the chunks of the version before; the new one is not cut yet.")
    if found.graph_away:
        notices.append(f"What they put into the graph is not shown: {found.graph_away}")
    measured = any(fact.confidence is not None for passage in found.passages for fact, _ in passage.facts)
    return ChunksPart(
        count=many(found.total, "chunk") if found.total else None,
        start=found.start,
        notices=tuple(notices),
        confidences=tuple(_confidences(choice)) if measured or choice.least else (),
        chunks=tuple(_chunk(passage, choice) for passage in found.passages),
        paging=_paging(found, choice),
    )


def _confidences(choice: PassageFilter) -> Iterator[ConfidenceOption]:
    for least in sorted({*_CONFIDENCES, choice.least}):
        yield ConfidenceOption(f"{least:g}", f"{least:.0%}" if least else "any", selected=least == choice.least)


def _chunk(whole: ChunkPassage, choice: PassageFilter) -> ChunkArticle:
    passage = replace(whole, facts=[(fact, span) for fact, span in whole.facts if not choice.hides(fact)])
    hidden = len(whole.facts) - len(passage.facts)
    chunk, episode = passage.chunk, passage.episode
    dot, state = _STATES[episode.state] if episode else ("queued", "not planned yet")
    pages = f"page {', '.join(str(page) for page in chunk.pages)}" if chunk.pages else None
    kind = chunk.kind if chunk.kind != "text" else None
    entities = [_entity(entity, _mark(passage, "e", at)) for at, (entity, _) in enumerate(passage.entities)]
    return ChunkArticle(
        place=chunk.position + 1,
        heading=" › ".join(chunk.headings) or "Without a heading",
        about=" · ".join(part for part in (pages, kind, many(chunk.tokens, "token")) if part),
        dot=dot,
        state=state,
        reason=episode.reason if episode and episode.state in ("failed", "quarantined") else None,
        pieces=list(_pieces(passage)),
        facts=[_fact(fact, span, _mark(passage, "f", at)) for at, (fact, span) in enumerate(passage.facts)],
        hidden=many(hidden, "fact") if hidden else None,
        entities=entities[:_NAMES],
        more_entities=entities[_NAMES:],
        put_nothing=_is_empty(passage) and not hidden,
        left_out=describe_dropped(episode.left_out) if episode and episode.left_out else None,
    )


def _pieces(passage: ChunkPassage) -> Iterator[TextPiece]:
    """Yields the chunk's text, cut at span boundaries, each piece marked with the facts and entities that cover it."""
    text, start = passage.chunk.embedding_text, len(passage.chunk.embedding_text) - len(passage.chunk.text)
    fact_spans = [(_mark(passage, "f", at), _below(span, start)) for at, (_, span) in enumerate(passage.facts) if span]
    marks = fact_spans + [(_mark(passage, "e", at), span) for at, (_, spans) in enumerate(passage.entities) for span in spans]
    begin = 0 if any(span[0] < start for _, span in fact_spans) else start  # headings are shown above
    cuts = sorted({begin, len(text), *(at for _, span in marks for at in span if at > begin)})
    for low, high in pairwise(cuts):
        covering = [mark for mark, (first, last) in marks if first <= low and high <= last]
        yield TextPiece(text[low:high], " ".join(covering))


def _below(span: TextSpan, start: int) -> TextSpan:
    """Returns the part of a span below the headings; a sentence can include headings without a full stop."""
    return (max(span[0], start), span[1]) if span[1] > start else span


def _is_empty(passage: ChunkPassage) -> bool:
    return (
        passage.episode is not None
        and passage.episode.state == "written"
        and not (passage.facts or passage.entities or passage.episode.entities)
    )


def _entity(entity: EpisodeEntity, mark: str) -> EntityItem:
    about = entity.type if entity.confidence is None else f"{entity.type}, {entity.confidence:.0%}"
    return EntityItem(mark, entity.name, about)


def _fact(fact: EpisodeFact, span: TextSpan | None, mark: str) -> FactItem:
    about = [] if fact.confidence is None else [f"confidence {fact.confidence:.0%}"]
    if fact.since:
        about.append(f"from {fact.since}")
    elif fact.dated and fact.valid_at:
        about.append(f"from {fact.valid_at:%Y-%m-%d}")
    if fact.until:
        about.append(f"until {fact.until}")
    elif fact.invalid_at:
        about.append(f"until {fact.invalid_at:%Y-%m-%d}")
    if fact.episodes > 1:
        about.append(f"said in {fact.episodes} chunks")
    relation = fact.relation.replace("_", " ").lower()
    quote = fact.fact if span is None else None
    return FactItem(mark, fact.source, relation, fact.target, fact.wikidata, ", ".join(about), quote)


def _mark(passage: ChunkPassage, kind: str, at: int) -> str:
    return f"{kind}{passage.chunk.position}-{at}"


def _paging(found: Passages, choice: PassageFilter) -> ChunkPaging | None:
    limit = choice.limit
    if found.total <= limit:
        return None
    kept = f"&least={choice.least:g}" if choice.least else ""
    last = found.start + len(found.passages)
    before = f"?from={max(0, found.start - limit)}{kept}#chunks" if found.start else None
    after = f"?from={last}{kept}#chunks" if last < found.total else None
    return ChunkPaging(f"{found.start + 1}–{last} of {found.total:,}", before, after)
