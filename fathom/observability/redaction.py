"""Secrets out of everything that is logged: by their type, by the name they have, by the form they have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import SecretBytes, SecretStr

HIDDEN = "[hidden]"

# "token" hides, "tokens" and "max_tokens" are counts
_SECRET_NAME = re.compile(r"(?:^|[_.-])(?:password|passwd|token|api_?key|secret|authorization|credentials?)$", re.IGNORECASE)
_SECRET_FORMS = (
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(sk-)[A-Za-z0-9_-]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(Bearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b((?:password|passwd|token|api_?key|secret)\s*[=:]\s*)[^\s,;&'\"]+", re.IGNORECASE), rf"\1{HIDDEN}"),
)

Value = TypeVar("Value")


def redacted(value: Value) -> Value:
    """The value with every secret in it replaced: SecretStr, values under a secret's name, keys and passwords in text."""
    hidden: Any = _redacted(value)
    return hidden  # type: ignore[no-any-return]


def _redacted(value: Any) -> Any:
    if isinstance(value, SecretStr | SecretBytes):
        return HIDDEN
    if isinstance(value, str):
        for form, replacement in _SECRET_FORMS:
            value = form.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        return {key: HIDDEN if _is_secret(key, inner) else _redacted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    return value


def _is_secret(key: object, value: object) -> bool:
    return value is not None and isinstance(key, str) and bool(_SECRET_NAME.search(key))
