"""What it means that a provider gave no answer: worth another try, or an error with a name."""

from __future__ import annotations

from typing import Any

from fathom.errors import AnswerRefused, FathomError, KeyRefused, SettingsInvalid
from fathom.language.asking import NoAnswer


def broken_off(error: Exception) -> NoAnswer:
    """The connection was not made, or was cut; the cause is named and not quoted."""
    return NoAnswer("connection", f"The connection failed: {type(error.__cause__ or error).__name__}.")


def refusal(status: int, body: object, headers: Any, model: str) -> Exception:
    """What an HTTP status of a provider means: a NoAnswer that another try may mend, or a named error."""
    message = _message(body)
    said = f"HTTP {status}: {message}"
    named: FathomError | None = None
    if status in (401, 403):
        named = KeyRefused(f"The provider of the language model refused the key (HTTP {status}).")
    elif status == 402 or (status == 400 and "credit balance" in message):
        named = KeyRefused("The account at the provider of the language model has no credit left.")
    elif status == 404:
        named = SettingsInvalid(f"The provider of the language model knows no model {model}.", hint="Set FATHOM_LLM_MODEL.")
    elif status not in (408, 409, 429) and status < 500:
        named = AnswerRefused(f"The provider of the language model refused the request: {said}")
    return named or NoAnswer(f"http_{status}", said, retry_after=_retry_after(headers))


def _retry_after(headers: Any) -> float | None:
    """Seconds that the server asks to wait, by either of its headers; a date or nonsense counts as none."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def _message(body: object) -> str:
    """The provider's own words for an error, short; it does not quote the question."""
    error = body.get("error", body) if isinstance(body, dict) else None
    said = error.get("message") if isinstance(error, dict) else None
    return " ".join(str(said).split())[:200] if said else "no reason given"
