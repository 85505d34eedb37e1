"""What tokens cost: by the settings, else by the price list of genai-prices, which is carried in its wheel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fathom.llm.client import TokenUse
from fathom.settings import Settings

_MILLION = 1_000_000
# Of the price of a token in, where only that is known: what providers ask for reading and writing their prompt caches.
_READ, _WRITE = 0.1, 1.25

IN_BATCHES = 0.5  # of each price, by Anthropic's list


@dataclass(frozen=True)
class Price:
    """USD a token: in, read from the provider's prompt cache, written to it, out; `known` False where nobody says."""

    fresh: float = 0.0
    cache_read: float = 0.0
    cache_write: float = 0.0
    out: float = 0.0
    known: bool = True

    def in_batches(self) -> Price:
        """The same of what is asked in message batches."""
        fresh, read, write, out = (part * IN_BATCHES for part in (self.fresh, self.cache_read, self.cache_write, self.out))
        return Price(fresh, read, write, out, self.known)

    def of(self, tokens: TokenUse) -> float:
        """USD that the tokens cost."""
        return (
            tokens.fresh * self.fresh
            + tokens.cache_read * self.cache_read
            + tokens.cache_write * self.cache_write
            + tokens.out * self.out
        )


def price_of(settings: Settings, model: str) -> Price:
    """The price of the model's tokens; a local model that no list knows has none, and is not `known`."""
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
            _asked(provider, model, input_tokens=_MILLION // 10),
            _asked(provider, model, input_tokens=_MILLION // 10, cache_read_tokens=_MILLION // 10),
            _asked(provider, model, input_tokens=_MILLION // 10, cache_write_tokens=_MILLION // 10),
            _asked(provider, model, output_tokens=_MILLION // 10),
        )
    except LookupError:
        return Price(known=False)


def _asked(provider: str, model: str, **tokens: int) -> float:
    """USD a token of that kind; a tenth of a million is asked for, below the tiers of long questions."""
    from genai_prices import Usage, calc_price

    use: Any = Usage(**tokens)
    return float(calc_price(use, model, provider_id=provider).total_price) / (_MILLION // 10)
