"""Reports the state of the language model's server without a request: connection, capabilities, account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fathom.database import open_database
from fathom.extraction.pipeline import model_of, provider_of
from fathom.llm.pricing import price_of
from fathom.llm.providers.anthropic import ADDRESS as ANTHROPIC
from fathom.llm.providers.capability_store import KnownServer, known_servers
from fathom.llm.providers.connections import without_password
from fathom.llm.providers.openai import ADDRESS as OPENAI
from fathom.settings import Settings
from fathom.uploads.provider_accounts import account_of, account_pause

_FORMATS = {"json_schema": "answers by a JSON schema", "json_object": "answers as any JSON object", "text": "answers as text"}
_NULLS = {"any_of": "null by anyOf", "nullable": "null by nullable", "text": "no null"}


def examine_connection(settings: Settings) -> str:
    """Returns provider, model and address; sends no request.

    Raises SettingsInvalid where key or price are missing, AddressWrong, KeyRefused, ProxyUnusable, CertificateMissing.
    """
    provider = provider_of(settings, price_of(settings, model_of(settings)))
    try:
        provider.open()
    finally:
        provider.close()
    return f"{settings.llm}/{model_of(settings)} at {_address(settings)}"


def examine_account(settings: Settings) -> str:
    """Returns a note that the account is not paused. Raises AccountRefused where it is."""
    pause = account_pause(open_database(settings.operational_url), account_of(settings))
    if pause is not None:
        raise pause.as_error()
    return "no question was refused for the account"


def learned_of_server(settings: Settings) -> str:
    """Returns the learned capabilities of the configured server, in words."""
    wanted = _address(settings), model_of(settings)
    servers = known_servers(open_database(settings.operational_url))
    known = next((server for server in servers if (server.address, server.model) == wanted), None)
    return "nothing was learned of it yet" if known is None else described(known)


def described(known: KnownServer) -> str:
    """Returns the capabilities of a server, in words."""
    notes = [*_of_style(known.learned.get("manner") or {}), *_of_limits(known.learned.get("limits") or {})]
    if known.answered_at is None:
        notes.append("it has not answered yet")
    return "; ".join(notes) or "it takes what it is asked by default"


def _of_style(style: Mapping[str, Any]) -> list[str]:
    notes = []
    if "format" in style:
        formats = {
            "json_schema": "answers by a JSON schema",
            "json_object": "answers as any JSON object",
            "text": "answers as text",
        }
        notes.append(formats.get(style["format"], str(style["format"])))
        notes += [_NULLS[style["nulls"]]] if style["format"] == "json_schema" and style.get("nulls") in _NULLS else []
        length = style.get("length")
        notes.append("takes no bound of an answer" if length == "none" else f"bound by {length}")
        notes += [] if style.get("system", True) else ["takes no system message"]
    if "by" in style:
        notes.append("answers by a JSON schema" if style["by"] == "schema" else "answers by a tool")
        notes += ["always thinks"] if style.get("thinking") == "always" else []
    return notes


def _of_limits(limits: Mapping[str, Any]) -> list[str]:
    notes = [f"context {limits['context']:,} tokens"] if limits.get("context") else []
    notes += [f"answers of at most {limits['output']:,} tokens"] if limits.get("output") else []
    notes += [f"{limits['room']:,} tokens to reason"] if limits.get("room") else []
    factor = limits.get("factor") or 1.0
    return [*notes, f"{factor:.2f} tokens for one estimated"] if factor != 1.0 else notes


def _address(settings: Settings) -> str:
    return without_password(settings.llm_base_url or (ANTHROPIC if settings.llm == "anthropic" else OPENAI))
