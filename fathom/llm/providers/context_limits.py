"""What a model's window and answers hold, learned from the words of refusals; how long an answer may be asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import ceil

from fathom.errors import ModelTooSmall, PassageTooLong
from fathom.llm.client import Question, estimated_tokens
from fathom.llm.providers.error_response import RefusedCall

MIN_ANSWER = 256  # tokens that an answer needs at the least, so that asking is worth it
FIRST_ROOM, MAX_ROOM = 4096, 32_768  # tokens that a model may reason with before it answers
MARGIN = 1.05  # of a count of tokens that is an estimate
_FACTORS = 0.2, 2.5  # a tokenizer counts no fewer and no more than so many times the estimate
_MIN_LIMIT, _MAX_LIMIT = 128, 20_000_000

_N = r"(\d[\d,._]*\d|\d+)"
# Words of a limit on the answer alone; the number is the most tokens that it may have.
_OUTPUT = tuple(
    re.compile(one)
    for one in (
        rf"at most {_N} (?:completion|output) tokens",
        rf"range of max_(?:completion_|output_)?tokens (?:is|should be) \[\d+, ?{_N}\]",
        rf"max_(?:completion_|output_|new_)?tokens\W{{1,4}}\d+ > {_N}, which is the maximum",
        rf"max_(?:completion_|output_|new_)?tokens\W{{0,3}} (?:must|should|has to|cannot|can't|may not|can not)"
        rf"[a-z` ]{{1,40}}?(?:than|to|exceed|most|<=?|of)[a-z` ]{{0,20}} [`'\"]?{_N}",
        rf"maximum tokens you requested exceeds the model limit of {_N}",
        rf"(?:supported|allowed) range is from \d+ \(inclusive\) to {_N}",
        rf"maximum (?:allowed )?(?:number of )?(?:output|completion|generated) tokens\D{{0,40}}{_N}",
        rf"max(?:imum)? (?:output|completion) (?:tokens?|length)\D{{0,30}}{_N}",
        rf"max_(?:completion_|output_|new_)?tokens.{{0,60}}?"
        rf"(?:<=?|less than or equal to|at most|up to|limit of|maximum of) ?[`'\"]?{_N}",
    )
)
# Words of a limit on the question and its answer together, or on the question.
_CONTEXT = tuple(
    re.compile(one)
    for one in (
        rf"`inputs` tokens \+ `max_new_tokens` must be <= {_N}",
        rf"max(?:imum)? context (?:length|size|window)(?: of [^\d]{{1,60}}?)?(?: is|:| of|\(|=)? ?(?:only )?{_N}",
        rf"max(?:imum)? (?:prompt|sequence|input|model) (?:length|len|tokens)(?: is|:| of|=)? ?{_N}",
        rf"maximum (?:number of tokens|input token count|input length) allowed \({_N}\)",
        rf"max(?:imum)? context (?:length|size|window) of \S{{1,80}} is {_N}",
        rf"(?:with|of) {_N} (?:tokens? )?maximum context length",
        rf"range of input length should be \[\d+, ?{_N}\]",
        rf"context (?:length|size|window)(?: of)?(?: only| is| \(|:|=| limit[: ]{{1,2}})* ?\(?{_N}",
        rf"context limit: \d+ \+ \d+ > {_N}",
        rf"tokens > {_N} maximum",
        rf"while limit is {_N}",
        rf"(?:longer|larger|greater) than the (?:model's )?(?:maximum )?context (?:length|size|window)\D{{0,12}}{_N}",
        rf"in the prompt cannot exceed {_N}",
        rf"prompt is too long\D{{0,20}}\d+\D{{0,60}}{_N}",
        rf"(?:limit|n_ctx|max_model_len|max_seq_len|max_position_embeddings)\W{{1,3}}{_N}",
    )
)
_INPUT = tuple(
    re.compile(one)
    for one in (
        rf"prompt is too long:? {_N}",
        rf"{_N} (?:tokens )?(?:in (?:the|your) (?:messages|prompt|input)|from the input messages|of text input|input tokens)",
        rf"(?:prompt contains|request has|input \(|request \(|given:|count \(|length is) ?{_N}",
        rf"{_N} \+ \d+ > \d+",
    )
)
_TOO_LONG_CODES = (
    "context_length_exceeded",
    "exceed_context_size_error",
    "request_too_large",
    "context_window_exceeded",
    "contextwindowexceedederror",
    "string_above_max_length",
    "prompt_too_long",
    "max_tokens_exceeded",
    "1261",
)
_TOO_LONG_WORDS = (
    "prompt is too long",
    "prompt too long",
    "input is too long",
    "input too long",
    "inputs` tokens + `max_new_tokens`",
    "too many tokens",
    "too large for model",
    "request too large",
    "request_too_large",
    "exceeds the maximum number of tokens",
    "maximum prompt length",
    "reduce the length of the messages",
    "reduce your prompt",
    "longer than the maximum",
    "exceed context limit",
    "exceeds context limit",
    "exceeds max length",
    "exceed max length",
    "prompt exceeds",
    "input length exceeds",
    "payload too large",
    "entity too large",
    "range of input length",
    "max_model_len",
)
_ABOUT_CONTEXT = re.compile(
    r"context[ _-](?:length|size|window|limit)[^.]{0,80}(?:exceed|overflow|too|only|less|larger|longer|however|\d)"
    r"|(?:exceed|overflow|larger than|longer than|keep the first)[^.]{0,80}context"
)
_ABOUT_OUTPUT = re.compile(
    r"max_(?:completion_|output_|new_)?tokens|completion tokens|output tokens|maximum tokens you requested"
)


@dataclass(frozen=True)
class TokenLimits:
    """What a model holds, as far as it is known.

    `context` and `output` are the most tokens of question and answer together, and of an answer; None: not known. `factor` is
    how many tokens the server counts for one that is estimated. `room` are tokens that an answer may have for reasoning.
    """

    context: int | None = None
    output: int | None = None
    factor: float = 1.0
    room: int = 0

    def tokens_in(self, question: Question) -> int:
        """Returns about how many tokens the server counts for a question."""
        return ceil(question.estimated_tokens_in * self.factor * (MARGIN if self.factor != 1.0 else 1.0))

    def answer_tokens(self, question: Question) -> int:
        """Returns the most tokens that an answer is asked for: the question's longest, with room to reason, within the limits.

        Raises PassageTooLong where too few are left for an answer, ModelTooSmall where they would be for any text.
        """
        wanted = question.max_tokens + self.room
        if self.output is not None:
            wanted = min(wanted, self.output)
        if self.context is None:
            return wanted
        free = self.context - self.tokens_in(question)
        if free >= min(wanted, max(MIN_ANSWER, question.max_tokens // 3)):
            return min(wanted, free)
        own = ceil((question.estimated_tokens_in - estimated_tokens(question.text)) * self.factor)
        if self.context - own < 2 * MIN_ANSWER:
            raise ModelTooSmall(
                f"The language model's context window of {self.context:,} tokens is too small: the question alone, without any "
                f"text, takes about {own:,}, and its answer needs some hundred."
            )
        raise PassageTooLong(f"A passage is longer than the language model's context window of {self.context:,} tokens holds.")

    def is_cut_by_limit(self, question: Question, asked: int) -> bool:
        """Returns whether an answer of at most `asked` tokens was bounded by the model's limits and not by the question."""
        return asked < question.max_tokens + self.room

    def counted(self, question: Question, tokens_in: int) -> TokenLimits:
        """Returns the limits with how the server counts, after it counted so many tokens in a question."""
        if self.factor != 1.0 or tokens_in <= 0:
            return self
        low, high = _FACTORS
        return replace(self, factor=round(min(high, max(low, tokens_in / max(1, question.estimated_tokens_in))), 3))

    def with_more_room(self, asked: int, question: Question) -> TokenLimits | None:
        """Returns the limits with more room to reason, after `asked` tokens did not do; None where there is no more."""
        had = max(0, asked - question.max_tokens)
        more = min(MAX_ROOM, max(FIRST_ROOM, 2 * had))
        if more <= self.room:
            return self if had < self.room else None
        grown = replace(self, room=more)
        bound = min(self.output or more + question.max_tokens, (self.context or 1 << 40) - self.tokens_in(question))
        return grown if bound > asked else None

    def after(self, refused: RefusedCall, question: Question, asked: int) -> TokenLimits | None:
        """Returns what is known after a refusal that is about length; None for one that is about something else.

        Raises PassageTooLong where the text is too long, or where the server does not say which limit it exceeds.
        """
        if (limit := output_limit(refused, asked)) is not None:
            return replace(self, output=limit)
        if not is_too_long(refused):
            return None
        limit, told = context_limit(refused), _first(_INPUT, refused.words) or refused.numbers.get("n_prompt_tokens")
        if limit is None or refused.says("tokens per min", "(tpm)", "per minute"):
            raise PassageTooLong(f"A passage is too long for the language model: {refused.said}")
        known = replace(self, context=limit)
        if told is not None and told != asked and told <= 50 * question.estimated_tokens_in:
            known = replace(known, factor=1.0).counted(question, told)
        if known.context is not None and known.tokens_in(question) + asked <= known.context:
            known = replace(known, factor=round(min(_FACTORS[1], known.factor * 1.3), 3))  # it counts more than is estimated
            if known.factor == self.factor:
                raise PassageTooLong(f"A passage is too long for the language model: {refused.said}")
        return known


def output_limit(refused: RefusedCall, asked: int) -> int | None:
    """Returns the most tokens of an answer, where a refusal is about them; half of what was asked where it gives no number."""
    if not _ABOUT_OUTPUT.search(refused.words) or _is_about_name(refused) or refused.says("inputs` tokens +"):
        return None
    limit = _first(_OUTPUT, refused.words)
    if limit is not None and limit < asked:
        return limit
    if is_too_long(refused):
        return None
    if refused.says("too large", "too high", "too big", "exceed", "maximum", "at most", "less than", "out of range", "greater"):
        return max(MIN_ANSWER, asked // 2) if asked > MIN_ANSWER else None
    return None


def is_too_long(refused: RefusedCall) -> bool:
    """Returns whether a refusal says that question and answer are more than the model or its server takes."""
    if refused.status == 413 or refused.has_code(*_TOO_LONG_CODES):
        return True
    return refused.says(*_TOO_LONG_WORDS) or _ABOUT_CONTEXT.search(refused.words) is not None


def context_limit(refused: RefusedCall) -> int | None:
    """Returns the tokens of the context window that a refusal names; None where it names none."""
    for name in ("n_ctx", "max_model_len", "context_length", "max_context_length"):
        if name in refused.numbers and _MIN_LIMIT <= refused.numbers[name] <= _MAX_LIMIT:
            return refused.numbers[name]
    return _first(_CONTEXT, refused.words)


def _is_about_name(refused: RefusedCall) -> bool:
    """Whether it is the parameter that is refused and not its value."""
    return refused.says(
        "unsupported parameter", "unrecognized", "unknown", "not supported", "unexpected", "instead", "not permitted"
    )


def _first(patterns: tuple[re.Pattern[str], ...], words: str) -> int | None:
    for pattern in patterns:
        for match in pattern.finditer(words):
            number = int(re.sub(r"\D", "", match[1]))
            if _MIN_LIMIT <= number <= _MAX_LIMIT:
                return number
    return None
