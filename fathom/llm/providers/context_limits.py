"""Learns a model's context window and output limit from refusals, and bounds the answer of each request."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import ceil

from fathom.errors import ModelTooSmall, PassageTooLong
from fathom.llm.client import LLMRequest, estimate_tokens
from fathom.llm.providers.error_response import RefusedCall

MIN_ANSWER_TOKENS = 256  # tokens that an answer needs at least to be useful
FIRST_ROOM, MAX_ROOM = 4096, 32_768  # tokens for reasoning before the answer
MARGIN = 1.05  # on estimated token counts
_FACTORS = 0.2, 2.5  # bounds of server tokens per estimated token
_MIN_LIMIT, _MAX_LIMIT = 128, 20_000_000

_N = r"(\d[\d,._]*\d|\d+)"
# Output limits in refusals; the number is the maximum.
_OUTPUT = tuple(
    re.compile(pattern)
    for pattern in (
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
# Context window limits in refusals.
_CONTEXT = tuple(
    re.compile(pattern)
    for pattern in (
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
    re.compile(pattern)
    for pattern in (
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
    """The known token limits of a model; None: not known.

    `context` bounds input and output together, `output` an answer. `factor` is the server's tokens per estimated token, `room`
    the tokens an answer may use for reasoning.
    """

    context: int | None = None
    output: int | None = None
    factor: float = 1.0
    room: int = 0

    def tokens_in(self, request: LLMRequest) -> int:
        """Returns the server's expected token count of a request."""
        return ceil(request.estimated_tokens_in * self.factor * (MARGIN if self.factor != 1.0 else 1.0))

    def answer_tokens(self, request: LLMRequest) -> int:
        """Returns the `max_tokens` to send: the request's own, with room to reason, within the limits.

        Raises PassageTooLong where too few are left for an answer, ModelTooSmall where they would be for any text.
        """
        wanted = request.max_tokens + self.room
        if self.output is not None:
            wanted = min(wanted, self.output)
        if self.context is None:
            return wanted
        free = self.context - self.tokens_in(request)
        if free >= min(wanted, max(MIN_ANSWER_TOKENS, request.max_tokens // 3)):
            return min(wanted, free)
        own = ceil((request.estimated_tokens_in - estimate_tokens(request.text)) * self.factor)
        if self.context - own < 2 * MIN_ANSWER_TOKENS:
            raise ModelTooSmall(
                f"The language model's context window of {self.context:,} tokens is too small: the question alone, without any "
                f"text, takes about {own:,}, and its answer needs some hundred."
            )
        raise PassageTooLong(f"A passage is longer than the language model's context window of {self.context:,} tokens holds.")

    def is_cut_by_limit(self, request: LLMRequest, max_tokens: int) -> bool:
        """Returns whether a bound of `max_tokens` came from the model's limits and not from the request."""
        return max_tokens < request.max_tokens + self.room

    def counted(self, request: LLMRequest, tokens_in: int) -> TokenLimits:
        """Returns the limits with the factor of the server's count of a request."""
        if self.factor != 1.0 or tokens_in <= 0:
            return self
        low, high = _FACTORS
        return replace(self, factor=round(min(high, max(low, tokens_in / max(1, request.estimated_tokens_in))), 3))

    def with_more_room(self, max_tokens: int, request: LLMRequest) -> TokenLimits | None:
        """Returns the limits with more room to reason, after `max_tokens` were too few; None if there is no more."""
        had = max(0, max_tokens - request.max_tokens)
        more = min(MAX_ROOM, max(FIRST_ROOM, 2 * had))
        if more <= self.room:
            return self if had < self.room else None
        grown = replace(self, room=more)
        bound = min(self.output or more + request.max_tokens, (self.context or 1 << 40) - self.tokens_in(request))
        return grown if bound > max_tokens else None

    def after(self, refused: RefusedCall, request: LLMRequest, max_tokens: int) -> TokenLimits | None:
        """Returns the limits after a refusal about length; None if it is about something else.

        Raises PassageTooLong where the text is too long, or the server does not name the limit.
        """
        if (limit := output_limit(refused, max_tokens)) is not None:
            return replace(self, output=limit)
        if not is_too_long(refused):
            return None
        limit, input_tokens = context_limit(refused), _first(_INPUT, refused.words) or refused.numbers.get("n_prompt_tokens")
        if limit is None or refused.says("tokens per min", "(tpm)", "per minute"):
            raise PassageTooLong(f"A passage is too long for the language model: {refused.message}")
        known = replace(self, context=limit)
        if input_tokens is not None and input_tokens != max_tokens and input_tokens <= 50 * request.estimated_tokens_in:
            known = replace(known, factor=1.0).counted(request, input_tokens)
        if known.context is not None and known.tokens_in(request) + max_tokens <= known.context:
            known = replace(
                known, factor=round(min(_FACTORS[1], known.factor * 1.3), 3)
            )  # the server counts more than estimated
            if known.factor == self.factor:
                raise PassageTooLong(f"A passage is too long for the language model: {refused.message}")
        return known


def output_limit(refused: RefusedCall, max_tokens: int) -> int | None:
    """Returns the output limit of a refusal about it; half of the requested tokens if it gives no number."""
    if not _ABOUT_OUTPUT.search(refused.words) or _is_about_name(refused) or refused.says("inputs` tokens +"):
        return None
    limit = _first(_OUTPUT, refused.words)
    if limit is not None and limit < max_tokens:
        return limit
    if is_too_long(refused):
        return None
    if refused.says("too large", "too high", "too big", "exceed", "maximum", "at most", "less than", "out of range", "greater"):
        return max(MIN_ANSWER_TOKENS, max_tokens // 2) if max_tokens > MIN_ANSWER_TOKENS else None
    return None


def is_too_long(refused: RefusedCall) -> bool:
    """Returns whether a refusal says that the request is longer than the model or its server accepts."""
    if refused.status == 413 or refused.has_code(*_TOO_LONG_CODES):
        return True
    return refused.says(*_TOO_LONG_WORDS) or _ABOUT_CONTEXT.search(refused.words) is not None


def context_limit(refused: RefusedCall) -> int | None:
    """Returns the context window that a refusal names, None if it names none."""
    for name in ("n_ctx", "max_model_len", "context_length", "max_context_length"):
        if name in refused.numbers and _MIN_LIMIT <= refused.numbers[name] <= _MAX_LIMIT:
            return refused.numbers[name]
    return _first(_CONTEXT, refused.words)


def _is_about_name(refused: RefusedCall) -> bool:
    """Returns whether the parameter itself is refused, not its value."""
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
