"""Errors of language models: settings, accounts, connections, budgets and responses."""

from __future__ import annotations

from typing import ClassVar

from fathom.errors.base import DocumentFailed, PartUnreachable, Refused, SettingsInvalid, Tier, UsageWrong


class AddressWrong(SettingsInvalid):
    """The address of the language model leads to another server: a web page, a login, another path or scheme."""

    hint = (
        "Set FATHOM_LLM_BASE_URL to the address that clients of the server use, scheme and path included, such as "
        "http://127.0.0.1:11434/v1 for Ollama; then `fathom up` and `fathom documents retry --failed`."
    )


class ModelUnknown(SettingsInvalid):
    """The provider has no model of that name, or retired it."""

    hint = (
        "Set FATHOM_LLM_MODEL to a model that the provider serves (a local server may have to load or pull it first); then "
        "`fathom up` and `fathom documents retry --failed`."
    )


class ModelTooSmall(SettingsInvalid):
    """The language model's context window is too small for a request with its response."""

    hint = (
        "Start the server with a longer context (8,192 tokens or more: num_ctx, --ctx-size, --max-model-len) or set "
        "FATHOM_LLM_MODEL to another model; then `fathom documents retry --failed`."
    )


class RequestRefused(SettingsInvalid):
    """The server of the language model refuses every form of request that Fathom knows, whatever the text."""

    hint = "See what the server supports, or set FATHOM_LLM_MODEL and FATHOM_LLM_BASE_URL to another; `fathom doctor` tells."


class ProxyUnusable(SettingsInvalid):
    """The environment names an unusable proxy for the language model."""

    hint = "Mend HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or name the server in NO_PROXY; then `fathom up`."


class CertificateMissing(SettingsInvalid):
    """The environment names a file of certificates that cannot be read."""

    hint = "Set SSL_CERT_FILE to a file of certificates in PEM form, or unset it; then `fathom up`."


class AccountRefused(UsageWrong):
    """The provider of the language model refuses the account; no document is at fault."""

    tier: ClassVar[Tier] = "critical"
    hint = "Look at the account at the provider; documents that wait for it go on by themselves."
    account: str | None = None  # the fingerprint of the paused account


class KeyRefused(AccountRefused):
    """A server refuses the key: the provider of the language model, or a docling-serve."""

    hint = (
        "Set ANTHROPIC_API_KEY (or OPENAI_API_KEY) to a key of the provider in FATHOM_LLM and run `fathom up`; documents "
        "that wait for it go on by themselves."
    )


class CreditSpent(AccountRefused):
    """The account at the provider of the language model has no credit left, or has reached its quota or usage limit."""

    hint = "Add credit or raise the limit at the provider; documents that wait for it go on by themselves."


class PermissionMissing(AccountRefused):
    """The key may not use the model, or its organisation, project or region may not use the provider."""

    hint = (
        "Give the key's project access to the model at the provider, or set FATHOM_LLM_MODEL and the key to others; documents "
        "that wait for it go on by themselves."
    )


class LanguageModelUnreachable(PartUnreachable):
    """The provider of the language model does not respond, or is overloaded, after all retries."""

    hint = "Look at the provider's status and at FATHOM_LLM_BASE_URL; what was answered is kept and the rest is tried again."


class ProxyRefused(LanguageModelUnreachable):
    """A proxy or firewall between this host and the language model blocks the request."""

    hint = (
        "Ask whoever runs the proxy to let this host reach the provider, give its name and password in HTTPS_PROXY "
        "(http://name:password@host:port), or name the server in NO_PROXY; then `fathom up`."
    )


class CertificateRefused(LanguageModelUnreachable):
    """This host does not trust the certificate of the language model's server."""

    retryable = False
    hint = (
        "Set SSL_CERT_FILE to a file with the certificate of the authority that signed it (of a company's proxy, or the "
        "server's own); then `fathom up` and `fathom documents retry --failed`."
    )


class BudgetSpent(Refused):
    """The budget of the day or of the document is spent; the document continues by itself when there is budget."""

    retryable = True
    hint = "See `fathom budget`; raise FATHOM_BUDGET_USD_PER_DAY or _PER_DOCUMENT, or wait for the next day (UTC)."


class ExtractionFailed(DocumentFailed):
    """The language model returned nothing usable for a chunk."""


class AnswerRefused(ExtractionFailed):
    """The language model refused a chunk, or its provider refused the request."""

    retryable = False
    hint = "Look at the chunk with `fathom episodes ID`; another model may answer."


class AnswerTruncated(ExtractionFailed):
    """The language model's response was truncated, also for smaller pieces of the chunk."""


class AnswerUnusable(ExtractionFailed):
    """The language model's response had an invalid format, also after a retry."""


class PassageTooLong(ExtractionFailed):
    """A passage with its prompt and the room for a response exceeds the language model's context window."""

    retryable = False
    hint = "Use a model with a longer context window, or lower FATHOM_CHUNK_TOKENS."


class AnswersUnusable(DocumentFailed):
    """The language model's responses for successive chunks have the same fault, so no further requests were sent."""

    retryable = False
    hint = (
        "Set FATHOM_LLM_MODEL to a model that answers in JSON as asked, or look at its server's settings; run `fathom up`, "
        "then `fathom documents retry --failed`."
    )
