"""Shows chunks beside their entities and facts; a click highlights the source text of a fact or entity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from fathom.api.page.figures_in_words import many
from fathom.api.page.html_markup import Child, Markup, join, tag
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


def shown(found: Passages, status: DocumentStatus, choice: PassageFilter) -> Markup:
    """Returns a page of chunks."""
    if found.version is None:
        message = "It was not cut into chunks." if status.state == "failed" else "There are none yet."
        return _section(tag("p", message, class_="aside"))
    notices: list[Child] = []
    if found.version != status.version:
        notices.append(tag("p", "These are the chunks of the version before; the new one is not cut yet.", class_="notice"))
    if found.graph_away:
        notices.append(tag("p", f"What they put into the graph is not shown: {found.graph_away}", class_="notice"))
    measured = any(fact.confidence is not None for passage in found.passages for fact, _ in passage.facts)
    choosing = _choosing(found, choice) if measured or choice.least else None
    listed = (_chunk(passage, choice) for passage in found.passages)
    return _section(*notices, *listed, _paging(found, choice), count=found.total, choosing=choosing)


def _section(*content: Child, count: int | None = None, choosing: Child = None) -> Markup:
    note = tag("small", f"{many(count, 'chunk')}; click a fact to see the sentence it came from") if count else None
    return tag("section", choosing, tag("h2", "Chunks ", note), join(*content), id="chunks")


def _choosing(found: Passages, choice: PassageFilter) -> Markup:
    """Returns the choice of the least confidence."""
    words = {least: f"{least:.0%}" if least else "any" for least in sorted({*_CONFIDENCES, choice.least})}
    options = [tag("option", word, value=f"{least:g}", selected=least == choice.least) for least, word in words.items()]
    return tag(
        "form",
        tag("label", "Facts of a confidence from ", tag("select", *options, name="least")),
        tag("input", type="hidden", name="from", value=found.start) if found.start else None,
        tag("button", "Show"),
        method="get",
        action="#chunks",
        class_="filters",
        aria_label="Choose facts",
    )


def _chunk(whole: ChunkPassage, choice: PassageFilter) -> Markup:
    passage = replace(whole, facts=[(fact, span) for fact, span in whole.facts if not choice.hides(fact)])
    hidden = len(whole.facts) - len(passage.facts)
    chunk = passage.chunk
    dot, word = _STATES[passage.episode.state] if passage.episode else ("queued", "not planned yet")
    pages = f"page {', '.join(str(page) for page in chunk.pages)}" if chunk.pages else None
    kind = chunk.kind if chunk.kind != "text" else None
    about = " · ".join(part for part in (pages, kind, many(chunk.tokens, "token")) if part)
    reason = passage.episode.reason if passage.episode and passage.episode.state in ("failed", "quarantined") else None
    return tag(
        "article",
        tag(
            "h3",
            tag("span", f"{chunk.position + 1}", class_="place"),
            " › ".join(chunk.headings) or "Without a heading",
            tag("small", about),
            tag("small", tag("span", word, class_=f"dot {dot}")),
        ),
        tag("p", f"{reason}", class_="problem") if reason else None,
        tag("div", tag("div", *_text(passage), class_="text", lang=""), _put(passage, hidden), class_="beside"),
        class_="chunk",
        id=f"chunk-{chunk.position + 1}",
    )


def _text(passage: ChunkPassage) -> Iterator[Child]:
    """Yields the chunk's text, cut at span boundaries, each piece marked with the facts and entities that cover it."""
    text, start = passage.chunk.embedding_text, len(passage.chunk.embedding_text) - len(passage.chunk.text)
    fact_spans = [(_name(passage, "f", at), _below(span, start)) for at, (_, span) in enumerate(passage.facts) if span]
    marks = fact_spans + [(_name(passage, "e", at), span) for at, (_, spans) in enumerate(passage.entities) for span in spans]
    begin = 0 if any(span[0] < start for _, span in fact_spans) else start  # headings are shown above
    cuts = sorted({begin, len(text), *(at for _, span in marks for at in span if at > begin)})
    for low, high in pairwise(cuts):
        belongs = [name for name, (first, last) in marks if first <= low and high <= last]
        piece = text[low:high]
        yield tag("span", piece, data_in=" ".join(belongs)) if belongs else piece


def _below(span: TextSpan, start: int) -> TextSpan:
    """Returns the part of a span below the headings; a sentence can include headings without a full stop."""
    return (max(span[0], start), span[1]) if span[1] > start else span


def _put(passage: ChunkPassage, hidden: int) -> Markup:
    facts = [tag("li", _fact(fact, span, _name(passage, "f", at))) for at, (fact, span) in enumerate(passage.facts)]
    names = [
        tag("li", _lights(_entity(entity), _name(passage, "e", at), "entity"))
        for at, (entity, _) in enumerate(passage.entities)
    ]
    more = tag("details", tag("summary", f"{len(names) - _NAMES} more"), tag("ul", *names[_NAMES:], class_="names"))
    return tag(
        "div",
        tag("ul", *facts, class_="facts", aria_label="Facts") if facts else None,
        tag("p", f"{many(hidden, 'fact')} of less confidence", class_="aside") if hidden else None,
        tag("ul", *names[:_NAMES], class_="names", aria_label="Entities") if names else None,
        more if len(names) > _NAMES else None,
        tag("p", "It put nothing there.", class_="aside") if _is_empty(passage) and not hidden else None,
        _left_out(passage),
        class_="put",
    )


def _left_out(passage: ChunkPassage) -> Markup | None:
    """Returns the counts of dropped parts of the model's response, by reason."""
    if passage.episode is None or not passage.episode.left_out:
        return None
    return tag("p", f"Left out of what the model found: {describe_dropped(passage.episode.left_out)}", class_="aside left-out")


def _is_empty(passage: ChunkPassage) -> bool:
    return (
        passage.episode is not None
        and passage.episode.state == "written"
        and not (passage.facts or passage.entities or passage.episode.entities)
    )


def _entity(entity: EpisodeEntity) -> Markup:
    about = entity.type if entity.confidence is None else f"{entity.type}, {entity.confidence:.0%}"
    return join(entity.name, " ", tag("small", about))


def _fact(fact: EpisodeFact, span: TextSpan | None, name: str) -> Markup:
    times = [] if fact.confidence is None else [f"confidence {fact.confidence:.0%}"]
    if fact.since:
        times.append(f"from {fact.since}")
    elif fact.dated and fact.valid_at:
        times.append(f"from {fact.valid_at:%Y-%m-%d}")
    if fact.until:
        times.append(f"until {fact.until}")
    elif fact.invalid_at:
        times.append(f"until {fact.invalid_at:%Y-%m-%d}")
    if fact.episodes > 1:
        times.append(f"said in {fact.episodes} chunks")
    wikidata = f"Wikidata {fact.wikidata}" if fact.wikidata else None
    label = join(fact.source, " ", tag("i", fact.relation.replace("_", " ").lower(), title=wikidata), " ", fact.target)
    about = tag("small", ", ".join(times)) if times else None
    if span is None:  # the fact's sentence is not in the text
        return join(tag("span", label, class_="fact"), " ", about, tag("small", f"“{fact.fact}”"))
    return join(_lights(label, name, "fact"), " ", about)


def _lights(label: Markup, name: str, kind: str) -> Markup:
    return tag("button", label, type="button", class_=kind, data_lights=name, aria_pressed="false")


def _name(passage: ChunkPassage, kind: str, at: int) -> str:
    return f"{kind}{passage.chunk.position}-{at}"


def _paging(found: Passages, choice: PassageFilter) -> Child:
    limit = choice.limit
    if found.total <= limit:
        return None
    kept = f"&least={choice.least:g}" if choice.least else ""
    last = found.start + len(found.passages)
    before = tag("a", "Before", href=f"?from={max(0, found.start - limit)}{kept}#chunks", rel="prev") if found.start else None
    after = tag("a", "After", href=f"?from={last}{kept}#chunks", rel="next") if last < found.total else None
    return tag(
        "nav", tag("span", f"{found.start + 1}–{last} of {found.total:,}"), before, after, class_="paging", aria_label="Chunks"
    )
