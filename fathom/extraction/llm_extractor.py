"""Extracts with a language model: sends a request per text, concurrently, and parses the responses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace

from fathom.errors import AnswerRefused, AnswerTruncated, AnswerUnusable, ModelTooSmall, PassageTooLong
from fathom.extraction.dropped_items import sum_counts
from fathom.extraction.match_prompts import entity_match, fact_match
from fathom.extraction.match_prompts.pair_prompt import parse_matches
from fathom.extraction.model import (
    DescribedName,
    Entity,
    Extraction,
    Fact,
    FactJudge,
    LanguageModel,
    NameJudge,
    PairVerdicts,
    StatedFact,
    Usage,
)
from fathom.extraction.ontology import ANY_COLLECTION
from fathom.extraction.prompt import MAX_ANSWER_TOKENS, Prompt
from fathom.extraction.response.json_extraction import MalformedResponse, TruncatedResponse
from fathom.extraction.response.response_parser import ParsedResponse, parse_response
from fathom.extraction.response_schema import Vocabulary
from fathom.llm.client import LLMClient, LLMRequest, LLMResponse, billed_document
from fathom.llm.middleware.budget import collection_of
from fathom.observability.structured_logging import get_logger

MAX_MALFORMED_ANSWERS = 2  # for malformed answers
MAX_ROOM_RAISES = 5  # retries of an answer truncated by reasoning, each with more room
MIN_SPLIT_CHARACTERS = 400  # characters below which a text is not split further

log = get_logger(__name__)


class LLMExtractor(LanguageModel, NameJudge, FactJudge):
    """Extracts through an LLM client; `concurrency` bounds the requests in flight, `closing` are its close functions."""

    def __init__(
        self,
        client: LLMClient,
        provider: str,
        vocabularies: Mapping[str, Vocabulary],
        *,
        concurrency: int,
        closing: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._client = client
        self._provider = provider
        self._prompts = {name: Prompt(vocabulary) for name, vocabulary in vocabularies.items()}
        self.concurrency: int = concurrency
        self._closing = closing

    @property
    def name(self) -> str:
        """Provider and model."""
        return f"{self._provider}/{self._client.model}"

    @property
    def prompt(self) -> str:
        """Version of the prompt of the billed document's collection, with a hash of its text."""
        return self._own_prompt().version

    def _own_prompt(self) -> Prompt:
        """Returns the prompt of the billed document's collection, which may have its own types."""
        return self._prompts.get(collection_of(billed_document()) or ANY_COLLECTION) or self._prompts[ANY_COLLECTION]

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """Returns an extraction for each text, in order.

        Raises the subclasses of ExtractionFailed, LanguageModelUnreachable, BudgetSpent.
        """
        if len(texts) < 2 or self.concurrency == 1:
            return [self._extract(text) for text in texts]
        with ThreadPoolExecutor(min(self.concurrency, len(texts)), thread_name_prefix="llm") as pool:
            futures = [pool.submit(copy_context().run, self._extract, text) for text in texts]
            try:
                return [future.result() for future in futures]
            finally:
                for future in futures:
                    future.cancel()

    def same_things(self, pairs: Sequence[tuple[DescribedName, DescribedName]]) -> PairVerdicts:
        """Judges in a single request which pairs name the same thing; at most MAX_PAIRS pairs.

        Raises the subclasses of ExtractionFailed, LanguageModelUnreachable, BudgetSpent.
        """
        return self._judge(entity_match.entity_match_request(pairs), len(pairs))

    def same_facts(self, pairs: Sequence[tuple[StatedFact, StatedFact]]) -> PairVerdicts:
        """Judges in a single request which pairs state the same fact; at most MAX_PAIRS pairs.

        Raises the subclasses of ExtractionFailed, LanguageModelUnreachable, BudgetSpent.
        """
        return self._judge(fact_match.fact_match_request(pairs), len(pairs))

    def close(self) -> None:
        """Closes connections and files until the next use."""
        for close in self._closing:
            close()

    def _judge(self, request: LLMRequest, pairs: int) -> PairVerdicts:
        why, used = "", Usage()
        for _ in range(MAX_MALFORMED_ANSWERS):
            response = self._client.complete(request)
            used = used.and_also(_usage(response))
            if response.stop_reason == "refused":
                raise AnswerRefused("The language model refused a match request.")
            try:
                return PairVerdicts(parse_matches(response.text, pairs), used)
            except MalformedResponse as error:
                why = str(error)
                if response.stop_reason == "truncated" or isinstance(error, TruncatedResponse):
                    request = replace(request, max_tokens=_longer(request))
        raise AnswerUnusable(f"The language model's answer to a match request is malformed: {why}.")

    def _extract(self, text: str) -> Extraction:
        """Returns the extraction of a text; splits it where the text or its answer is too long."""
        if not text.strip():
            return Extraction(entities=[], facts=[])
        prompt, used, why = self._own_prompt(), Usage(), ""
        request, longer, more_room, tries = prompt.request(text), False, 0, 0
        while tries < MAX_MALFORMED_ANSWERS:
            try:
                response = self._client.complete(request)
            except PassageTooLong as error:  # if the text was accepted before, only the longer answer has no room
                return self._in_halves(text, used, None if longer else error)
            used = used.and_also(_usage(response))
            if response.stop_reason == "refused":
                raise AnswerRefused("The language model refused to answer for this chunk.")
            try:
                return self._logged(_read(response, text, prompt.vocabulary), used)
            except TruncatedResponse:
                if response.cut_by == "reasoning" and more_room < MAX_ROOM_RAISES:
                    more_room += 1  # made by its provider
                elif response.cut_by == "length" and not longer and request.max_tokens < MAX_ANSWER_TOKENS:
                    request, longer = prompt.request(text, max_tokens=_longer(request)), True
                else:
                    return self._in_halves(text, used)
            except MalformedResponse as error:
                tries, why = tries + 1, str(error)
                log.warning("LLM answer malformed", sub_stage="unusable", metrics={"why": why, "try": tries})
        raise AnswerUnusable(f"The language model's answer is malformed: {why}.")

    def _logged(self, read: ParsedResponse, used: Usage) -> Extraction:
        dropped = {why: count for why, count in read.dropped.items() if count}
        if dropped:
            log.info("Parts of an LLM answer dropped", sub_stage="left_out", metrics=dropped)
        return read.extraction.model_copy(update={"usage": used, "left_out": dropped})

    def _in_halves(self, text: str, used: Usage, too_long: PassageTooLong | None = None) -> Extraction:
        """Returns the merged extractions of both halves of a text that is too long, or whose answer is.

        Raises AnswerTruncated where it is short already, ModelTooSmall where the model takes not even a short text.
        """
        if len(text) < MIN_SPLIT_CHARACTERS:
            if too_long is not None:
                message = f"The language model takes not even {len(text)} characters with a question about them"
                raise ModelTooSmall(f"{message}: {too_long.message}") from too_long
            raise AnswerTruncated("The language model's answer was cut off, also for smaller pieces of this chunk.")
        at = _middle(text)
        first, second = self._extract(text[:at]), self._extract(text[at:])
        usage = used.and_also(first.usage).and_also(second.usage)
        left_out = sum_counts(first.left_out, second.left_out)
        return _joined(first, _moved(second, at)).model_copy(update={"usage": usage, "left_out": left_out})


def _read(response: LLMResponse, text: str, vocabulary: Vocabulary) -> ParsedResponse:
    """Parses the response. Raises TruncatedResponse where its end is missing, MalformedResponse.

    A truncated response may be complete, with only white space or a repetition behind it.
    """
    if response.stop_reason == "truncated" and not response.text.lstrip().startswith(("{", "```json", "```\n{")):
        raise TruncatedResponse("it was cut off")
    try:
        return parse_response(response.text, text, vocabulary)
    except MalformedResponse as error:
        raise (TruncatedResponse(str(error)) if response.stop_reason == "truncated" else error) from None


def _longer(request: LLMRequest) -> int:
    """Returns a larger bound for the answer after a truncation."""
    return min(MAX_ANSWER_TOKENS, 3 * request.max_tokens)


def is_cacheable(request: LLMRequest, response: LLMResponse) -> bool:
    """Returns whether a response is well-formed, with any types, so that repeating the request would waste money."""
    try:
        if request.prompt in (entity_match.PROMPT.version, fact_match.PROMPT.version):
            parse_matches(response.text, 0)
        else:
            parse_response(response.text, "", Vocabulary())
    except MalformedResponse:
        return False
    return True


def _middle(text: str) -> int:
    """Returns the end of a sentence, line or word nearest to the middle, else the middle itself."""
    half = len(text) // 2
    for pattern in (r"[.!?。]\s+|\n+", r"\s+"):
        ends = [match.end() for match in re.finditer(pattern, text)]
        near = min(ends, key=lambda end: abs(end - half), default=0)
        if len(text) // 4 < near < 3 * len(text) // 4:
            return near
    return half


def _moved(found: Extraction, by: int) -> Extraction:
    entities = [
        Entity(name=entity.name, type=entity.type, mentions=[(start + by, end + by) for start, end in entity.mentions])
        for entity in found.entities
    ]
    facts = [fact.model_copy(update={"span": (fact.span[0] + by, fact.span[1] + by)}) for fact in found.facts]
    return Extraction(entities=entities, facts=facts)


def _joined(first: Extraction, second: Extraction) -> Extraction:
    """Returns the union of two extractions; entities of the same name are merged, with the type of the first."""
    merged = {entity.name.casefold(): entity for entity in first.entities}
    for entity in second.entities:
        key = entity.name.casefold()
        known = merged.get(key)
        mentions = [*known.mentions, *entity.mentions] if known else entity.mentions
        merged[key] = known.model_copy(update={"mentions": mentions}) if known else entity
    renamed: list[Fact] = [
        fact.model_copy(update={"source": merged[fact.source.casefold()].name, "target": merged[fact.target.casefold()].name})
        for fact in second.facts
    ]
    return Extraction(entities=list(merged.values()), facts=[*first.facts, *renamed])


def _usage(response: LLMResponse) -> Usage:
    """Returns the usage of a response; a cached response used nothing."""
    if response.cached:
        return Usage()
    tokens, guessed = response.tokens, int(response.estimated)
    return Usage(
        calls=1, tokens_in=tokens.tokens_in, tokens_out=tokens.out, cost_usd=response.cost_usd, estimated_calls=guessed
    )
