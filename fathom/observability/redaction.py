"""Redacts secrets in everything that is logged, by type, by name and by pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import SecretBytes, SecretStr

HIDDEN = "[hidden]"

# "token" hides, "tokens" and "max_tokens" are counts
_SECRET_NAME = re.compile(r"(?:^|[_.-])(?:password|passwd|token|api_?key|secret|authorization|credentials?)$", re.IGNORECASE)
_SECRET_FORMS = (
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(sk-)[A-Za-z0-9_-]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(fathom_[0-9a-f]{8}_)[A-Za-z0-9_-]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(Bearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b((?:password|passwd|token|api_?key|secret)\s*[=:]\s*)[^\s,;&'\"]+", re.IGNORECASE), rf"\1{HIDDEN}"),
)
# A lower-cased text without any of these matches no pattern: a fast path for most texts.
_HINTS = ("://", "sk-", "fathom_", "bearer", "passw", "token", "key", "secret")

RedactedT = TypeVar("RedactedT")


def redact(value: RedactedT) -> RedactedT:
    """Returns the value with secrets replaced: SecretStr, values under a secret's name, keys and passwords in text."""
    hidden: Any = _redacted(value)
    return hidden  # type: ignore[no-any-return]


def _redacted(value: Any) -> Any:
    kind = type(value)  # exact types first: this runs for every value of every line
    if kind is str:
        return _short_text(value) if len(value) < 128 else _text(value)
    if kind is int or kind is float or value is None:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {name: _redacted_under(name, inner) for name, inner in value.items()}
    if isinstance(value, SecretStr | SecretBytes):
        return HIDDEN
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return value


def _text(value: str) -> str:
    small = value.lower()
    if any(map(small.__contains__, _HINTS)):
        for form, replacement in _SECRET_FORMS:
            value = form.sub(replacement, value)
    return value


# names of documents, runs and stages recur in every line
_short_text = lru_cache(maxsize=512)(_text)


def _redacted_under(key: object, value: Any) -> Any:
    if value is not None and isinstance(key, str) and _names_a_secret(key):
        return HIDDEN
    kind = type(value)
    if kind is str:
        return _short_text(value) if len(value) < 128 else _text(value)
    return value if kind is int or kind is float else _redacted(value)


@lru_cache(maxsize=1024)
def _names_a_secret(key: str) -> bool:
    return bool(_SECRET_NAME.search(key))
