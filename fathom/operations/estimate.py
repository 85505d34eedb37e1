"""Estimates the chunks, tokens, cost and time of ingesting files, without ingesting them."""

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

MIN_CALLS = 20  # responses of a model before its own means are used
# Defaults before that: output tokens for each token of text, and seconds for a response; chunks/s of the offline model.
OUT_FOR_IN, MIN_OUT, ANSWER_S = 1.2, 120, 4.0
# Input and output tokens of entity and fact matching for each chunk: about four candidate pairs.
COMPARED_IN, COMPARED_OUT = 280.0, 15.0
OFFLINE_CHUNKS_A_SECOND = 15.0


class FileEstimate(BaseModel):
    """The estimate of a file."""

    model_config = ConfigDict(frozen=True)

    document: str
    chunks: int
    new: int = Field(description="chunks that are not in the graph yet and need LLM calls")
    tokens_in: int
    tokens_out: int
    cost_usd: float
    seconds: float = Field(description="of extraction, with as many concurrent LLM calls as the settings allow")


class Estimate(BaseModel):
    """The estimate of all files, and its basis."""

    model: str
    files: list[FileEstimate]
    total: FileEstimate
    based_on: str


@dataclass(frozen=True)
class _CallCost:
    """The cost of an LLM call: tokens of the shared prompt, of the response (None: by the length of the text), seconds.

    `compared_in` and `compared_out` are a chunk's input and output tokens of entity and fact matching.
    """

    model: str
    shared: int
    out: float | None
    seconds: float
    based_on: str
    compared_in: float = COMPARED_IN
    compared_out: float = COMPARED_OUT


def estimate(paths: Iterable[Path], collection: str, settings: Settings) -> tuple[Estimate, Placement]:
    """Returns the estimate of every acceptable file; the others are in the placement's `refused`. Stores nothing.

    Files are converted, as `fathom convert` does, since chunks cannot be predicted otherwise. Raises ConverterUnreachable.
    """
    collection_name(collection)
    placement, found = Placement(), []
    call_cost = _call_cost(settings, collection)
    ledger = Ledger(open_database(settings.operational_url))
    for path in paths:
        try:
            for file, relative in files_of(path, placement):
                document = document_id(collection, relative)
                chunks = chunk(convert(file, settings=settings), document=document, settings=settings).chunks
                written = ledger.written(document)
                new = [item for item in chunks if episode_uuid(collection, document, item.id) not in written]
                found.append(_file(document, chunks, new, call_cost, settings))
        except FathomError as error:
            placement.refused.append((str(path), error))
    return Estimate(model=call_cost.model, files=found, total=_total(found), based_on=call_cost.based_on), placement


def _file(
    document: str, chunks: Sequence[Chunk], new: Sequence[Chunk], call_cost: _CallCost, settings: Settings
) -> FileEstimate:
    if settings.llm == "offline":
        seconds = len(new) / OFFLINE_CHUNKS_A_SECOND
        return FileEstimate(
            document=document, chunks=len(chunks), new=len(new), tokens_in=0, tokens_out=0, cost_usd=0.0, seconds=seconds
        )
    from fathom.llm.pricing import price_of

    texts = [estimate_tokens(item.embedding_text) + 20 for item in new]
    answers = [call_cost.out if call_cost.out is not None else MIN_OUT + OUT_FOR_IN * text for text in texts]
    read = TokenUsage(fresh=sum(texts), cache_read=call_cost.shared * len(new), out=round(sum(answers)))
    compared = TokenUsage(fresh=round(call_cost.compared_in * len(new)), out=round(call_cost.compared_out * len(new)))
    price = price_of(settings, call_cost.model)
    cost = (price.in_batches() if settings.llm_batch else price).of(read) + price.of(compared)  # the latter is in no batch
    tokens_in, tokens_out = read.tokens_in + compared.tokens_in, read.out + compared.out
    seconds = (
        math.ceil(len(new) / settings.llm_concurrency) + bool(new)
    ) * call_cost.seconds  # plus a call that matches entities
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
    """Returns the mean cost of the model's last 1,000 responses if there are enough, else the defaults."""
    if settings.llm == "offline":
        return _CallCost("offline", 0, 0.0, 0.0, "the usual speed of the offline model, which is free")
    from fathom.extraction.match_prompts import entity_match, fact_match
    from fathom.extraction.ontology import ANY_COLLECTION, read_vocabularies
    from fathom.extraction.pipeline import model_of
    from fathom.extraction.prompt import Prompt

    model, words = model_of(settings), read_vocabularies(settings.llm_types)
    question = Prompt(words.get(collection, words[ANY_COLLECTION])).request("")
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
        return _CallCost(model, shared, float(out), float(seconds), f"the last {count} responses of {model}", *tokens)
    return _CallCost(model, shared, None, ANSWER_S, f"defaults; {model} has given {count} responses here")


def _total(files: Sequence[FileEstimate]) -> FileEstimate:
    return FileEstimate(
        document="",
        chunks=sum(file.chunks for file in files),
        new=sum(file.new for file in files),
        tokens_in=sum(file.tokens_in for file in files),
        tokens_out=sum(file.tokens_out for file in files),
        cost_usd=sum(file.cost_usd for file in files),
        seconds=sum(file.seconds for file in files),
    )
