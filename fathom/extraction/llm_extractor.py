"""The language model that is asked: texts become questions, many at once, and their answers extractions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace

from fathom.errors import AnswerRefused, AnswerTruncated, AnswerUnusable, ModelTooSmall, PassageTooLong
from fathom.extraction.dropped_items import together
from fathom.extraction.match_prompts import entity_match, fact_match
from fathom.extraction.match_prompts.pair_prompt import read_same
from fathom.extraction.model import Described, Entity, Extraction, Fact, Judgement, Stated, Usage
from fathom.extraction.ontology import ALL
from fathom.extraction.prompt import LONGEST_ANSWER, Prompt
from fathom.extraction.response.json_extraction import AnswerCut, NotAsAsked
from fathom.extraction.response.response_parser import Read, read_answer
from fathom.extraction.response_schema import Vocabulary
from fathom.llm.client import Answer, Asker, Question, paying_document
from fathom.llm.middleware.budget import collection_of
from fathom.observability.structured_logging import get_logger

TRIES = 2  # of an answer that was not as asked
MAX_MORE_ROOM = 5  # of an answer that was cut off, each with more room
SMALLEST = 400  # characters of a text whose answer is cut off and that is not cut again

log = get_logger(__name__)


class AskedModel:
    """Extracts by asking; `concurrency` is how many texts may be in question at one time, `closing` what is open then."""

    def __init__(
        self,
        asker: Asker,
        provider: str,
        vocabularies: Mapping[str, Vocabulary],
        *,
        concurrency: int,
        closing: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._asker = asker
        self._provider = provider
        self._prompts = {name: Prompt(vocabulary) for name, vocabulary in vocabularies.items()}
        self.concurrency = concurrency
        self._closing = closing

    @property
    def name(self) -> str:
        """Provider and model."""
        return f"{self._provider}/{self._asker.model}"

    @property
    def prompt(self) -> str:
        """Version of the prompt, with a hash of all its words, for the collection that is paid for."""
        return self._own_prompt().version

    def _own_prompt(self) -> Prompt:
        """That of the collection in hand, whose types may be its own."""
        return self._prompts.get(collection_of(paying_document()) or ALL) or self._prompts[ALL]

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """An extraction a text, in order. Raises the subclasses of ExtractionFailed, LanguageModelUnreachable, BudgetSpent."""
        if len(texts) < 2 or self.concurrency == 1:
            return [self._extract(text) for text in texts]
        with ThreadPoolExecutor(min(self.concurrency, len(texts)), thread_name_prefix="asking") as pool:
            answers = [pool.submit(copy_context().run, self._extract, text) for text in texts]
            try:
                return [answer.result() for answer in answers]
            finally:
                for answer in answers:
                    answer.cancel()

    def same_things(self, pairs: Sequence[tuple[Described, Described]]) -> Judgement:
        """For each pair whether both name one thing, in one question; at most MOST_PAIRS of them.

        Raises the subclasses of ExtractionFailed, LanguageModelUnreachable, BudgetSpent.
        """
        return self._judge(entity_match.question(pairs), len(pairs))

    def same_facts(self, pairs: Sequence[tuple[Stated, Stated]]) -> Judgement:
        """For each pair whether both say the same, in one question; at most MOST_PAIRS of them.

        Raises the subclasses of ExtractionFailed, LanguageModelUnreachable, BudgetSpent.
        """
        return self._judge(fact_match.question(pairs), len(pairs))

    def close(self) -> None:
        """Connections and files are closed, until it is asked again."""
        for close in self._closing:
            close()

    def _judge(self, question: Question, pairs: int) -> Judgement:
        why, used = "", Usage()
        for _ in range(TRIES):
            answer = self._asker.ask(question)
            used = used.and_also(_usage(answer))
            if answer.ending == "refused":
                raise AnswerRefused("The language model refused to say which of some pairs are one thing.")
            try:
                return Judgement(read_same(answer.text, pairs), used)
            except NotAsAsked as error:
                why = str(error)
                if answer.ending == "truncated" or isinstance(error, AnswerCut):
                    question = replace(question, max_tokens=_longer(question))
        raise AnswerUnusable(f"The language model did not say as asked which pairs are one thing: {why}.")

    def _extract(self, text: str) -> Extraction:
        """The extraction of a text; halves of it are asked about where it, or the answer about it, is too long."""
        if not text.strip():
            return Extraction(entities=[], facts=[])
        prompt, used, why = self._own_prompt(), Usage(), ""
        question, longer, more_room, tries = prompt.question(text), False, 0, 0
        while tries < TRIES:
            try:
                answer = self._asker.ask(question)
            except PassageTooLong as error:  # where it was taken before, only the longer answer has no room
                return self._in_halves(text, used, None if longer else error)
            used = used.and_also(_usage(answer))
            if answer.ending == "refused":
                raise AnswerRefused("The language model refused to answer for this chunk.")
            try:
                return self._told(_read(answer, text, prompt.vocabulary), used)
            except AnswerCut:
                if answer.cut_by == "reasoning" and more_room < MAX_MORE_ROOM:
                    more_room += 1  # which its provider has made
                elif answer.cut_by == "length" and not longer and question.max_tokens < LONGEST_ANSWER:
                    question, longer = prompt.question(text, max_tokens=_longer(question)), True
                else:
                    return self._in_halves(text, used)
            except NotAsAsked as error:
                tries, why = tries + 1, str(error)
                log.warning("An answer was not as asked", sub_stage="unusable", metrics={"why": why, "try": tries})
        raise AnswerUnusable(f"The language model's answer was not what it was asked for: {why}.")

    def _told(self, read: Read, used: Usage) -> Extraction:
        dropped = {why: count for why, count in read.dropped.items() if count}
        if dropped:
            log.info("Parts of an answer were left out", sub_stage="left_out", metrics=dropped)
        return read.extraction.model_copy(update={"usage": used, "left_out": dropped})

    def _in_halves(self, text: str, used: Usage, too_long: PassageTooLong | None = None) -> Extraction:
        """Both halves of a text that is too long, or whose answer is, as one.

        Raises AnswerTruncated where it is short already, ModelTooSmall where the model takes not even a short one.
        """
        if len(text) < SMALLEST:
            if too_long is not None:
                said = f"The language model takes not even {len(text)} characters with a question about them"
                raise ModelTooSmall(f"{said}: {too_long.message}") from too_long
            raise AnswerTruncated("The language model's answer was cut off, also for smaller pieces of this chunk.")
        at = _middle(text)
        first, second = self._extract(text[:at]), self._extract(text[at:])
        usage = used.and_also(first.usage).and_also(second.usage)
        left_out = together(first.left_out, second.left_out)
        return _joined(first, _moved(second, at)).model_copy(update={"usage": usage, "left_out": left_out})


def _read(answer: Answer, text: str, vocabulary: Vocabulary) -> Read:
    """The answer, read. Raises AnswerCut where its end is missing, NotAsAsked.

    One that was cut off may hold all that was asked for, with nothing but white space or the same again behind it.
    """
    if answer.ending == "truncated" and not answer.text.lstrip().startswith(("{", "```json", "```\n{")):
        raise AnswerCut("it was cut off")
    try:
        return read_answer(answer.text, text, vocabulary)
    except NotAsAsked as error:
        raise (AnswerCut(str(error)) if answer.ending == "truncated" else error) from None


def _longer(question: Question) -> int:
    """The longest answer to ask for after one was cut off."""
    return min(LONGEST_ANSWER, 3 * question.max_tokens)


def worth_keeping(question: Question, answer: Answer) -> bool:
    """Whether an answer is as asked, so that asking again would be money for nothing; whichever types it has."""
    try:
        if question.prompt in (entity_match.PROMPT.version, fact_match.PROMPT.version):
            read_same(answer.text, 0)
        else:
            read_answer(answer.text, "", Vocabulary())
    except NotAsAsked:
        return False
    return True


def _middle(text: str) -> int:
    """The end of a sentence, line or word nearest to the middle; the middle itself where there is none."""
    half = len(text) // 2
    for pattern in (r"[.!?。]\s+|\n+", r"\s+"):
        ends = [match.end() for match in re.finditer(pattern, text)]
        near = min(ends, key=lambda end: abs(end - half), default=0)
        if len(text) // 4 < near < 3 * len(text) // 4:
            return near
    return half


def _moved(found: Extraction, by: int) -> Extraction:
    entities = [
        Entity(name=one.name, type=one.type, mentions=[(start + by, end + by) for start, end in one.mentions])
        for one in found.entities
    ]
    facts = [one.model_copy(update={"span": (one.span[0] + by, one.span[1] + by)}) for one in found.facts]
    return Extraction(entities=entities, facts=facts)


def _joined(first: Extraction, second: Extraction) -> Extraction:
    """One extraction; an entity of both is one, by its name, with the type it has in the first."""
    names = {one.name.casefold(): one for one in first.entities}
    own: dict[str, Entity] = dict(names)
    for one in second.entities:
        known = own.get(one.name.casefold())
        own[one.name.casefold()] = (
            one if known is None else known.model_copy(update={"mentions": [*known.mentions, *one.mentions]})
        )
    renamed: list[Fact] = [
        one.model_copy(update={"source": own[one.source.casefold()].name, "target": own[one.target.casefold()].name})
        for one in second.facts
    ]
    return Extraction(entities=list(own.values()), facts=[*first.facts, *renamed])


def _usage(answer: Answer) -> Usage:
    """What an answer used now: one that was kept from before used nothing."""
    if answer.remembered:
        return Usage()
    tokens, guessed = answer.tokens, int(answer.estimated)
    return Usage(calls=1, tokens_in=tokens.tokens_in, tokens_out=tokens.out, cost_usd=answer.cost_usd, estimated_calls=guessed)
