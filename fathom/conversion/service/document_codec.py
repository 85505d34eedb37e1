"""Encodes a converted document as bytes and decodes it, whatever characters a broken file put into it."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticSerializationError

from fathom.conversion.report import ConvertedDocument


def encode_document(converted: ConvertedDocument) -> bytes:
    """Returns the document as JSON. Halves of surrogate pairs, which broken PDFs hold and UTF-8 does not, become U+FFFD."""
    try:
        return converted.model_dump_json().encode()
    except (PydanticSerializationError, UnicodeEncodeError):
        mended = _without_surrogates(converted.model_dump())
        return ConvertedDocument.model_validate(mended).model_dump_json().encode()


def decode_document(payload: bytes) -> ConvertedDocument:
    """Returns the document that was encoded."""
    return ConvertedDocument.model_validate_json(payload)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    return value
