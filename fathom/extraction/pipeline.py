"""Assembles the middleware around a provider, in order.

response cache → budget → account gate → retries → rate limit → call log → cache writer → provider. A cached response needs no
budget and no slot, so the cache comes first; each attempt is counted and logged; a response is stored before any layer can
fail.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import SettingsInvalid
from fathom.extraction.llm_extractor import LLMExtractor, is_cacheable
from fathom.extraction.ontology import read_vocabularies
from fathom.llm.client import Provider
from fathom.llm.middleware.account_pause import AccountGate
from fathom.llm.middleware.budget import BudgetGuard, CostBound, limits_of, reservation_s
from fathom.llm.middleware.call_log import CacheSavings, CallLog, LoggingClient
from fathom.llm.middleware.rate_limit import RateLimitedClient, RateLimiter
from fathom.llm.middleware.rate_limit_slots import HostSlots, SharedSlots
from fathom.llm.middleware.response_cache import CachedResponses, CacheReader, CacheWriter, ResponseCache
from fathom.llm.middleware.retry import RetryingClient
from fathom.llm.middleware.shared_response_cache import SharedResponseCache
from fathom.llm.pricing import Price, price_of
from fathom.llm.providers import anthropic_batches
from fathom.llm.providers.sent_requests import import_batch_file
from fathom.settings import Settings
from fathom.uploads.provider_accounts import account_of

MODELS = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-5.4-mini"}


def open_llm_extractor(settings: Settings) -> LLMExtractor:
    """Returns the extractor of `settings.llm` with all its middleware. Raises SettingsInvalid for a missing key or price."""
    vocabularies = read_vocabularies(settings.llm_types)
    price = price_of(settings, model_of(settings))
    call_log = CallLog(open_database(settings.operational_url))
    provider = provider_of(settings, price, call_log.engine)
    cache, limiter = response_cache_of(settings), rate_limiter_of(settings)
    logged = LoggingClient(CacheWriter(provider, cache, is_cacheable), call_log)
    retrying = RetryingClient(RateLimitedClient(logged, limiter))
    held_s = anthropic_batches.RESERVATION_S if settings.llm_batch else reservation_s(settings.llm_timeout_s)
    usual = price.in_batches() if settings.llm_batch else price
    cost = CostBound(usual, price, lambda: provider.room)
    gated = AccountGate(retrying, call_log.engine, account_of(settings), is_met=lambda: provider.is_met)
    paid = BudgetGuard(gated, call_log.engine, limits_of(settings), cost, held_s=held_s)
    return LLMExtractor(
        CacheSavings(CacheReader(paid, cache), call_log),
        settings.llm,
        vocabularies,
        concurrency=anthropic_batches.MAX_CONCURRENT if settings.llm_batch else settings.llm_concurrency,
        closing=(provider.close, cache.close, limiter.close),
    )


def rate_limiter_of(settings: Settings) -> RateLimiter:
    """Returns the rate limiter, of all hosts where the operational database is in Postgres, else of this host."""
    shared = settings.in_postgres
    slots = (
        SharedSlots(open_database(settings.operational_url)) if shared else HostSlots(settings.home / "language" / "turns.db")
    )
    return RateLimiter(slots, requests=settings.llm_requests_per_minute, tokens=settings.llm_tokens_per_minute)


def response_cache_of(settings: Settings) -> CachedResponses:
    """Returns the response cache, of all hosts where the operational database is in Postgres, else of this host."""
    if settings.in_postgres:
        return SharedResponseCache(open_database(settings.operational_url), max_mb=settings.llm_cache_mb)
    return ResponseCache(settings.home / "language" / "answers.db", max_mb=settings.llm_cache_mb)


def model_of(settings: Settings) -> str:
    """Returns the name of the model; that of the offline rules if no LLM is used."""
    return settings.llm_model or MODELS.get(settings.llm, settings.llm)


def provider_of(settings: Settings, price: Price, engine: Engine | None = None) -> Provider:
    """Returns the provider without middleware; without an engine, a provider that sends no batches and stores nothing.

    Raises SettingsInvalid where its key is missing.
    """
    model, address, timeout = model_of(settings), settings.llm_base_url, settings.llm_timeout_s
    if settings.llm == "anthropic":
        from fathom.llm.providers.anthropic import AnthropicProvider

        single = AnthropicProvider(model, _key(settings), price, address=address, timeout_s=timeout, engine=engine)
        if engine is None or not settings.llm_batch:
            return single
        import_batch_file(engine, settings.home / "language" / "batches.db")
        return anthropic_batches.BatchProvider(single, engine)
    if settings.llm_batch:
        raise SettingsInvalid("FATHOM_LLM_BATCH works with FATHOM_LLM=anthropic alone.")
    from fathom.llm.providers.openai import OpenAIProvider

    return OpenAIProvider(model, _key(settings), price, address=address, timeout_s=timeout, engine=engine)


def _key(settings: Settings) -> Callable[[], str]:
    """Returns a function that returns the key, so that the key is not stored in the open."""
    secret = settings.anthropic_api_key if settings.llm == "anthropic" else settings.openai_api_key
    if secret is not None:
        return secret.get_secret_value
    if settings.llm == "openai" and settings.llm_base_url:
        return lambda: "none"  # self-hosted servers accept any key
    name = "ANTHROPIC_API_KEY" if settings.llm == "anthropic" else "OPENAI_API_KEY"
    raise SettingsInvalid(f"FATHOM_LLM is {settings.llm}, and {name} is not set.", hint=f"Set {name}, or FATHOM_LLM=offline.")
