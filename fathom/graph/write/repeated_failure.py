"""Stops a document whose chunks fail in a row with the same fault of the language model, since the next would fail too."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection

from fathom.chunking.chunk import Chunk
from fathom.errors import AnswersUnusable, AnswerTruncated, AnswerUnusable, ExtractionFailed
from fathom.extraction.model import Extraction
from fathom.graph.write.write_report import EpisodeFailure

MAX_IN_A_ROW = 3
# Faults of the model's response format; a refusal is a fault of the chunk's content. A truncated response may be either: it
# is the model's fault where no chunk has succeeded before.
_OF_MODEL = (AnswerUnusable, AnswerTruncated)


class FaultRow:
    """The faults of a document's chunks by position; `stopped` is the error once too many neighbours have the same fault.

    Thread-safe; chunks may come in any order.
    """

    def __init__(self, model: str) -> None:
        self.stopped: AnswersUnusable | None = None
        self._model = model
        self._faults: dict[int, tuple[str, str]] = {}
        self._has_worked = False
        self._lock = threading.Lock()

    def add(self, chunk: Chunk, found: Extraction | ExtractionFailed) -> None:
        """Records the result of a chunk."""
        with self._lock:
            self._has_worked = self._has_worked or isinstance(found, Extraction)
            if not isinstance(found, _OF_MODEL) or (isinstance(found, AnswerTruncated) and self._has_worked):
                return
            fault = self._faults[chunk.position] = _fault(found.name, found.message)
            first = last = chunk.position
            while self._faults.get(first - 1) == fault:
                first -= 1
            while self._faults.get(last + 1) == fault:
                last += 1
            if self.stopped is None and last - first + 1 >= MAX_IN_A_ROW:
                where = f"for one chunk after another ({first + 1} to {last + 1})"
                self.stopped = AnswersUnusable(f"{self._model} fails in the same way {where}: {found.message}")


def shared_fault(failures: Collection[EpisodeFailure], chunks: int, tries: int, model: str) -> AnswersUnusable | None:
    """Returns the error that stops a document all of whose chunks failed with the same fault of the model.

    Args:
        failures: the last failure of each failed chunk.
        chunks: the number of chunks of the document.
        tries: attempts at each chunk; a single chunk is retried before the model is blamed.
        model: its name.
    """
    faults = {_fault(failure.reason, failure.message) for failure in failures}
    if len(faults) != 1 or len(failures) < chunks or chunks * tries < 2:
        return None
    failure = next(iter(failures))
    if failure.reason not in {error.__name__ for error in _OF_MODEL}:
        return None
    return AnswersUnusable(f"{model} fails in the same way for every chunk of the document: {failure.message}")


def _fault(name: str, message: str) -> tuple[str, str]:
    """Returns the identity of a fault: its name, and its message with all numbers replaced."""
    return name, re.sub(r"\d[\d,.]*", "0", message)
