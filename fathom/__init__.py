"""Documents in, a temporal knowledge graph out: the library, without Dagster.

`fathom.convert(path)`, `fathom.chunk(document)`, `fathom.extract(text)`, `fathom.Graph(settings)` and the DataFrames
`fathom.documents()` and `fathom.metric_values(name)`; loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Graph", "Settings", "__version__", "chunk", "convert", "documents", "extract", "metric_values"]

if TYPE_CHECKING:
    from fathom.operations.document_frames import documents
    from fathom.operations.metric_frames import metric_values
    from fathom.settings import Settings
    from fathom.verbs import Graph, chunk, convert, extract

_ROOMS = {
    "Settings": "fathom.settings",
    "documents": "fathom.operations.document_frames",
    "metric_values": "fathom.operations.metric_frames",
    **dict.fromkeys(("Graph", "chunk", "convert", "extract"), "fathom.verbs"),
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module 'fathom' has no attribute {name!r}")
