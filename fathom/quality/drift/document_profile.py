"""The profile of a document by which drift is judged, and its packed form in the reference."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from fathom.quality.drift.random_splits import Floats

NO_SUFFIX = "(no suffix)"


@dataclass(frozen=True, eq=False)
class DocumentProfile:
    """The composition of a document: counts by category, figures, and the mean embedding of its entities' names.

    Args:
        document: id of the document.
        categories: counts of languages, entity types and relations, by metric and category.
        figures: values by metric, such as the entities a chunk.
        vector: shape (dimensions,); None for a document without embeddings.
    """

    document: str
    categories: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    figures: Mapping[str, float] = field(default_factory=dict[str, float])
    vector: Floats | None = None


def file_type(document: str) -> str:
    """Returns the suffix of a document's file in lower case, without the dot."""
    return PurePosixPath(document).suffix.lower().lstrip(".") or NO_SUFFIX


def pack_profile(profile: DocumentProfile) -> bytes:
    """Returns the profile in a compressed form, without the document's id; half-precision vectors are exact enough here."""
    vector = None if profile.vector is None else base64.b64encode(profile.vector.astype("<f2").tobytes()).decode()
    content = {"categories": profile.categories, "figures": profile.figures, "vector": vector}
    return zlib.compress(json.dumps(content, sort_keys=True).encode())


def unpack_profile(document: str, packed: bytes) -> DocumentProfile:
    """Returns the profile of the document from its compressed form."""
    content: dict[str, Any] = json.loads(zlib.decompress(packed))
    vector = content["vector"]
    values = None if vector is None else np.frombuffer(base64.b64decode(vector), dtype="<f2").astype(np.float64)
    return DocumentProfile(document, content["categories"], content["figures"], values)
