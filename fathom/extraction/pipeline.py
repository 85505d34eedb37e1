"""The layers between a text and a provider, in their order: who answers first, who may refuse, who waits, who records.

kept answers → budget → account → retries → rate limit → record → keeping → provider. What is kept needs no money and no
turn, so it is asked first; each try of a question is counted and recorded by itself; an answer is kept before anything can
fail over it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fathom.database import open_database
from fathom.errors import SettingsInvalid
from fathom.extraction.llm_extractor import AskedModel, worth_keeping
from fathom.extraction.ontology import read_vocabularies
from fathom.llm.client import Provider
from fathom.llm.middleware import budget
from fathom.llm.middleware.account_pause import AccountWatch
from fathom.llm.middleware.budget import Budgeted, limits_of
from fathom.llm.middleware.call_log import CallRecord, Observed, Saving
from fathom.llm.middleware.rate_limit import RateLimited, Turns
from fathom.llm.middleware.response_cache import AnswerStore, Recalling, Remembering
from fathom.llm.middleware.retry import Retrying
from fathom.llm.pricing import Price, price_of
from fathom.llm.providers import anthropic_batches
from fathom.settings import Settings
from fathom.uploads.provider_accounts import account_of

MODELS = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-5.4-mini"}


def open_asked_model(settings: Settings) -> AskedModel:
    """The model of `settings.llm` with all its layers. Raises SettingsInvalid for a key or price that is missing."""
    vocabularies = read_vocabularies(settings.llm_types)
    price = price_of(settings, model_of(settings))
    provider, store, turns = provider_of(settings, price), answer_store(settings), turns_of(settings)
    record = CallRecord(open_database(settings.operational_url))
    observed = Observed(Remembering(provider, store, worth_keeping), record)
    patient = Retrying(RateLimited(observed, turns))
    held_s = anthropic_batches.HELD_S if settings.llm_batch else budget.HELD_S
    usual = price.in_batches() if settings.llm_batch else price
    money = record.engine, limits_of(settings), usual
    watched = AccountWatch(patient, record.engine, account_of(settings), is_met=lambda: provider.is_met)
    paid = Budgeted(watched, *money, urgent_price=price, room=lambda: provider.room, held_s=held_s)
    return AskedModel(
        Saving(Recalling(paid, store), record),
        settings.llm,
        vocabularies,
        concurrency=anthropic_batches.AT_ONCE if settings.llm_batch else settings.llm_concurrency,
        closing=(provider.close, store.close, turns.close),
    )


def turns_of(settings: Settings) -> Turns:
    """The turns of this host."""
    file = settings.home / "language" / "turns.db"
    return Turns(file, requests=settings.llm_requests_per_minute, tokens=settings.llm_tokens_per_minute)


def answer_store(settings: Settings) -> AnswerStore:
    """Where the answers of this host are kept."""
    return AnswerStore(settings.home / "language" / "answers.db", most_mb=settings.llm_cache_mb)


def servers_file(settings: Settings) -> Path:
    """Where it is kept what servers of language models can do, as this host learned it."""
    return settings.home / "language" / "servers.db"


def model_of(settings: Settings) -> str:
    """The name of the model that is asked; the offline one's where none is."""
    return settings.llm_model or MODELS.get(settings.llm, settings.llm)


def provider_of(settings: Settings, price: Price) -> Provider:
    """The provider itself. Raises SettingsInvalid where its key is missing."""
    model, address, timeout = model_of(settings), settings.llm_base_url, settings.llm_timeout_s
    memory = servers_file(settings)
    if settings.llm == "anthropic":
        from fathom.llm.providers.anthropic import AnthropicProvider

        single = AnthropicProvider(model, _key(settings), price, address=address, timeout_s=timeout, memory=memory)
        return (
            anthropic_batches.BatchProvider(single, settings.home / "language" / "batches.db") if settings.llm_batch else single
        )
    if settings.llm_batch:
        raise SettingsInvalid("FATHOM_LLM_BATCH works with FATHOM_LLM=anthropic alone.")
    from fathom.llm.providers.openai import OpenAIProvider

    return OpenAIProvider(model, _key(settings), price, address=address, timeout_s=timeout, memory=memory)


def _key(settings: Settings) -> Callable[[], str]:
    """Gives the key to who needs it; nobody keeps it in the open."""
    secret = settings.anthropic_api_key if settings.llm == "anthropic" else settings.openai_api_key
    if secret is not None:
        return secret.get_secret_value
    if settings.llm == "openai" and settings.llm_base_url:
        return lambda: "none"  # a server of one's own takes any
    name = "ANTHROPIC_API_KEY" if settings.llm == "anthropic" else "OPENAI_API_KEY"
    raise SettingsInvalid(f"FATHOM_LLM is {settings.llm}, and {name} is not set.", hint=f"Set {name}, or FATHOM_LLM=offline.")
