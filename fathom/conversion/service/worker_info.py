"""The facts that a worker reports when it is warm."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

from pydantic import BaseModel, ConfigDict

# module as imported, distribution as installed
LIBRARIES = (
    ("docling", "docling-slim"),
    ("docling_parse", "docling-parse"),
    ("pypdfium2", "pypdfium2"),
    ("onnxruntime", "onnxruntime"),
    ("rapidocr", "rapidocr"),
    ("cv2", "opencv-python"),
    ("rapid_layout", "rapid-layout"),
    ("rapid_table", "rapid-table"),
    ("torch", "torch"),
)


class WorkerFacts(BaseModel):
    """A warm worker: its converter, its memory, its seconds of warm-up."""

    model_config = ConfigDict(frozen=True)

    converter: str
    loaded: list[str]
    warm_up_s: float


def loaded_libraries(converter: str, warm_up_s: float) -> WorkerFacts:
    """Returns the facts of this process."""
    loaded = [f"{module} {_version(package)}".strip() for module, package in LIBRARIES if module in sys.modules]
    return WorkerFacts(converter=converter, loaded=loaded, warm_up_s=warm_up_s)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
