"""Prices of tokens: from the settings, else from the bundled price list of genai-prices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fathom.llm.client import TokenUsage
from fathom.settings import Settings

_MILLION = 1_000_000
# Prices of prompt cache reads and writes as shares of the input price, where only that is known.
_READ, _WRITE = 0.1, 1.25

IN_BATCHES = 0.5  # of each price, by Anthropic's list


@dataclass(frozen=True)
class Price:
    """USD per token: fresh input, prompt cache read, prompt cache write, output; `known` is False for an unlisted model."""

    fresh: float = 0.0
    cache_read: float = 0.0
    cache_write: float = 0.0
    out: float = 0.0
    known: bool = True

    def in_batches(self) -> Price:
        """Returns the price in message batches."""
        fresh, read, write, out = (part * IN_BATCHES for part in (self.fresh, self.cache_read, self.cache_write, self.out))
        return Price(fresh, read, write, out, self.known)

    def of(self, tokens: TokenUsage) -> float:
        """Returns the cost of the tokens in USD."""
        return (
            tokens.fresh * self.fresh
            + tokens.cache_read * self.cache_read
            + tokens.cache_write * self.cache_write
            + tokens.out * self.out
        )


def price_of(settings: Settings, model: str) -> Price:
    """Returns the price of a model's tokens; a local model that is not listed costs nothing and is not `known`."""
    listed = _listed(settings.llm, model)
    into = settings.llm_usd_per_mtok_in
    out = settings.llm_usd_per_mtok_out
    if into is None and out is None:
        return listed
    fresh = listed.fresh if into is None else into / _MILLION
    ratios = (listed.cache_read / listed.fresh, listed.cache_write / listed.fresh) if listed.fresh else (_READ, _WRITE)
    known = listed.known or (into is not None and out is not None)
    return Price(fresh, fresh * ratios[0], fresh * ratios[1], listed.out if out is None else out / _MILLION, known)


@lru_cache(maxsize=32)
def _listed(provider: str, model: str) -> Price:
    try:
        return Price(
            _price_per_token(provider, model, input_tokens=_MILLION // 10),
            _price_per_token(provider, model, input_tokens=_MILLION // 10, cache_read_tokens=_MILLION // 10),
            _price_per_token(provider, model, input_tokens=_MILLION // 10, cache_write_tokens=_MILLION // 10),
            _price_per_token(provider, model, output_tokens=_MILLION // 10),
        )
    except LookupError:
        return Price(known=False)


def _price_per_token(provider: str, model: str, **tokens: int) -> float:
    """Returns USD per token of that kind, priced for 100,000 tokens so that long-prompt tiers do not apply."""
    from genai_prices import Usage, calc_price

    use: Any = Usage(**tokens)
    return float(calc_price(use, model, provider_id=provider).total_price) / (_MILLION // 10)
