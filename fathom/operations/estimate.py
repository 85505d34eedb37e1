"""What ingesting files would take, before anything is ingested: chunks, tokens, money, time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from fathom.chunking.chunk import Chunk
from fathom.database import open_database
from fathom.errors import FathomError
from fathom.ids import collection_name, document_id, episode_uuid
from fathom.ledger.episode_ledger import Ledger
from fathom.llm.client import TokenUsage, estimate_tokens
from fathom.settings import Settings
from fathom.tables import llm_calls
from fathom.uploads.inbox.inbox_writer import Placement, files_of
from fathom.verbs import chunk, convert

MIN_CALLS = 20  # answers of a model from which its next ones are foretold
# Without them: tokens out for one of text, and seconds an answer takes; chunks a second that the offline model reads.
OUT_FOR_IN, OUT_LEAST, ANSWER_S = 1.2, 120, 4.0
# Tokens of questions about names and facts that are alike, in and out a chunk: some four pairs.
COMPARED_IN, COMPARED_OUT = 280.0, 15.0
OFFLINE_CHUNKS_A_SECOND = 15.0


class FileEstimate(BaseModel):
    """What one file would take."""

    model_config = ConfigDict(frozen=True)

    document: str
    chunks: int
    new: int = Field(description="chunks that are not in the graph yet: only they are asked about")
    tokens_in: int
    tokens_out: int
    cost_usd: float
    seconds: float = Field(description="of extraction, with as many questions at one time as the settings allow")


class Estimate(BaseModel):
    """What all files would take, and why that is believed."""

    model: str
    files: list[FileEstimate]
    total: FileEstimate
    based_on: str


@dataclass(frozen=True)
class _CallCost:
    """What a question takes: tokens of its shared part, tokens of an answer (None: by the length of the text), seconds.

    With it goes a chunk's part in the questions about names and facts that are alike, in tokens in and out.
    """

    model: str
    shared: int
    out: float | None
    seconds: float
    based_on: str
    compared_in: float = COMPARED_IN
    compared_out: float = COMPARED_OUT


def estimate(paths: Iterable[Path], collection: str, settings: Settings) -> tuple[Estimate, Placement]:
    """The estimate of every file that could be taken; the others are in the placement's `refused`. Nothing is stored.

    Files are converted, as `fathom convert` does: chunks cannot be foretold otherwise. Raises ConverterUnreachable.
    """
    collection_name(collection)
    placement, found = Placement(), []
    asking = _call_cost(settings, collection)
    ledger = Ledger(open_database(settings.operational_url))
    for path in paths:
        try:
            for file, relative in files_of(path, placement):
                document = document_id(collection, relative)
                chunks = chunk(convert(file, settings=settings), document=document, settings=settings).chunks
                written = ledger.written(document)
                new = [one for one in chunks if episode_uuid(collection, document, one.id) not in written]
                found.append(_file(document, chunks, new, asking, settings))
        except FathomError as error:
            placement.refused.append((str(path), error))
    return Estimate(model=asking.model, files=found, total=_total(found), based_on=asking.based_on), placement


def _file(document: str, chunks: Sequence[Chunk], new: Sequence[Chunk], asking: _CallCost, settings: Settings) -> FileEstimate:
    if settings.llm == "offline":
        seconds = len(new) / OFFLINE_CHUNKS_A_SECOND
        return FileEstimate(
            document=document, chunks=len(chunks), new=len(new), tokens_in=0, tokens_out=0, cost_usd=0.0, seconds=seconds
        )
    from fathom.llm.pricing import price_of

    texts = [estimate_tokens(one.embedding_text) + 20 for one in new]
    answers = [asking.out if asking.out is not None else OUT_LEAST + OUT_FOR_IN * text for text in texts]
    read = TokenUsage(fresh=sum(texts), cache_read=asking.shared * len(new), out=round(sum(answers)))
    compared = TokenUsage(fresh=round(asking.compared_in * len(new)), out=round(asking.compared_out * len(new)))
    price = price_of(settings, asking.model)
    cost = (price.in_batches() if settings.llm_batch else price).of(read) + price.of(compared)  # the latter is in no batch
    tokens_in, tokens_out = read.tokens_in + compared.tokens_in, read.out + compared.out
    seconds = (math.ceil(len(new) / settings.llm_concurrency) + bool(new)) * asking.seconds  # one more compares names
    if settings.llm_requests_per_minute:
        seconds = max(seconds, 60 * len(new) / settings.llm_requests_per_minute)
    if settings.llm_tokens_per_minute:
        seconds = max(seconds, 60 * (tokens_in + tokens_out) / settings.llm_tokens_per_minute)
    return FileEstimate(
        document=document,
        chunks=len(chunks),
        new=len(new),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_usd=cost,
        seconds=seconds,
    )


def _call_cost(settings: Settings, collection: str) -> _CallCost:
    """By the last thousand answers of the model where there are enough, else by what is usual."""
    if settings.llm == "offline":
        return _CallCost("offline", 0, 0.0, 0.0, "the offline model's usual pace; it costs nothing")
    from fathom.extraction.match_prompts import entity_match, fact_match
    from fathom.extraction.ontology import ANY_COLLECTION, read_vocabularies
    from fathom.extraction.pipeline import model_of
    from fathom.extraction.prompt import Prompt

    model, words = model_of(settings), read_vocabularies(settings.llm_types)
    question = Prompt(words.get(collection, words[ANY_COLLECTION])).question("")
    shared = question.estimated_tokens_in - estimate_tokens(question.text)
    c = llm_calls.c
    last = sa.select(c.tokens_out, c.seconds).where(c.model == model, c.prompt == question.prompt, c.outcome == "complete")
    recent = last.order_by(c.id.desc()).limit(1000).subquery()
    figures = sa.select(sa.func.count(), sa.func.avg(recent.c.tokens_out), sa.func.avg(recent.c.seconds))
    first = sa.select(sa.func.min(c.id)).where(c.id.in_(last.with_only_columns(c.id).order_by(c.id.desc()).limit(1000)))
    compared = sa.select(sa.func.sum(c.tokens_in), sa.func.sum(c.tokens_out)).where(
        c.model == model,
        c.prompt.in_((entity_match.PROMPT.version, fact_match.PROMPT.version)),
        c.id >= first.scalar_subquery(),
    )
    with open_database(settings.operational_url).connect() as connection:
        count, out, seconds = connection.execute(figures).one()
        tokens = [(total or 0) / max(1, count) for total in connection.execute(compared).one()]
    if count >= MIN_CALLS:
        return _CallCost(model, shared, float(out), float(seconds), f"the last {count} answers of {model}", *tokens)
    return _CallCost(model, shared, None, ANSWER_S, f"what is usual; {model} has answered {count} times here")


def _total(files: Sequence[FileEstimate]) -> FileEstimate:
    return FileEstimate(
        document="",
        chunks=sum(one.chunks for one in files),
        new=sum(one.new for one in files),
        tokens_in=sum(one.tokens_in for one in files),
        tokens_out=sum(one.tokens_out for one in files),
        cost_usd=sum(one.cost_usd for one in files),
        seconds=sum(one.seconds for one in files),
    )
