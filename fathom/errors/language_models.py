"""Errors of language models: settings, accounts, connections, budgets and answers."""

from __future__ import annotations

from typing import ClassVar

from fathom.errors.base import DocumentFailed, PartUnreachable, Refused, SettingsInvalid, Tier, UsageWrong


class AddressWrong(SettingsInvalid):
    """What answers at the address of the language model is no such server: a web page, a login, another path or scheme."""

    hint = (
        "Set FATHOM_LLM_BASE_URL to the address that clients of the server use, scheme and path included, such as "
        "http://127.0.0.1:11434/v1 for Ollama; then `fathom up` and `fathom documents retry --failed`."
    )


class ModelUnknown(SettingsInvalid):
    """The provider has no model of that name, or none any more."""

    hint = (
        "Set FATHOM_LLM_MODEL to a model that the provider serves (a local server may have to load or pull it first); then "
        "`fathom up` and `fathom documents retry --failed`."
    )


class ModelTooSmall(SettingsInvalid):
    """The language model's context window holds no question with its answer."""

    hint = (
        "Start the server with a longer context (8,192 tokens or more: num_ctx, --ctx-size, --max-model-len) or set "
        "FATHOM_LLM_MODEL to another model; then `fathom documents retry --failed`."
    )


class RequestRefused(SettingsInvalid):
    """The server of the language model takes no form of the request that Fathom knows, whatever the text."""

    hint = "See what the server supports, or set FATHOM_LLM_MODEL and FATHOM_LLM_BASE_URL to another; `fathom doctor` tells."


class ProxyUnusable(SettingsInvalid):
    """The environment names a proxy for the language model that cannot be used as it is."""

    hint = "Mend HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or name the server in NO_PROXY; then `fathom up`."


class CertificateMissing(SettingsInvalid):
    """The environment names a file of certificates that cannot be read."""

    hint = "Set SSL_CERT_FILE to a file of certificates in PEM form, or unset it; then `fathom up`."


class AccountRefused(UsageWrong):
    """The account at the provider of the language model does not let it answer: no fault of any document."""

    tier: ClassVar[Tier] = "critical"
    hint = "Look at the account at the provider; documents that wait for it go on by themselves."
    account: str | None = None  # a mark of the account that is paused for it


class KeyRefused(AccountRefused):
    """A server does not take the key: the provider of the language model, or a docling-serve."""

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
    """The provider of the language model does not answer, or is overloaded, however often it is asked."""

    hint = "Look at the provider's status and at FATHOM_LLM_BASE_URL; what was answered is kept and the rest is tried again."


class ProxyRefused(LanguageModelUnreachable):
    """A proxy or firewall between this host and the language model does not let the question through."""

    hint = (
        "Ask whoever runs the proxy to let this host reach the provider, give its name and password in HTTPS_PROXY "
        "(http://name:password@host:port), or name the server in NO_PROXY; then `fathom up`."
    )


class CertificateRefused(LanguageModelUnreachable):
    """The certificate of the language model's server is not one that this host trusts."""

    retryable = False
    hint = (
        "Set SSL_CERT_FILE to a file with the certificate of the authority that signed it (of a company's proxy, or the "
        "server's own); then `fathom up` and `fathom documents retry --failed`."
    )


class BudgetSpent(Refused):
    """There is no money left today, or for this document; it goes on by itself when there is."""

    retryable = True
    hint = "See `fathom budget`; raise FATHOM_BUDGET_USD_PER_DAY or _PER_DOCUMENT, or wait for the next day (UTC)."


class ExtractionFailed(DocumentFailed):
    """The language model gave nothing usable for a chunk."""


class AnswerRefused(ExtractionFailed):
    """The language model refused to answer for a chunk, or its provider refused the request."""

    retryable = False
    hint = "Look at the chunk with `fathom episodes ID`; another model may answer."


class AnswerTruncated(ExtractionFailed):
    """The language model's answer was cut off, also for smaller pieces of the chunk."""


class AnswerUnusable(ExtractionFailed):
    """The language model's answer was not what it was asked for, also when it was asked again."""


class PassageTooLong(ExtractionFailed):
    """A passage, its question and the room for an answer are more than the language model's context window holds."""

    retryable = False
    hint = "Use a model with a longer context window, or lower FATHOM_CHUNK_TOKENS."


class AnswersUnusable(DocumentFailed):
    """The language model answers chunk after chunk in one way that cannot be used, so that no more was asked."""

    retryable = False
    hint = (
        "Set FATHOM_LLM_MODEL to a model that answers in JSON as asked, or look at its server's settings; run `fathom up`, "
        "then `fathom documents retry --failed`."
    )
