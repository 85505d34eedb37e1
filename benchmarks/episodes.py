"""Milliseconds an episode on the embedded graph, with the driver's Rust codec and with its Python one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime

from benchmarks.figure import Figure
from benchmarks.material import SAMPLES, TEXTS, own_home

COPIES = 8  # of the samples, each a document of its own: entities join, episodes do not
# The driver falls back to its Python codec where the Rust one cannot be imported.
PLAIN = """
import runpy, sys
sys.modules["neo4j._rust"] = None
sys.argv[1:] = ["one"]
runpy.run_module("benchmarks.episodes", run_name="__main__")
"""


def one() -> dict[str, float]:
    """Extraction and writing, in milliseconds an episode, on an empty graph that fills."""
    from benchmarks.material import converted
    from fathom.chunking.chunker import chunk_document
    from fathom.deployment.graph_component import GraphComponent
    from fathom.embedding.tokenizer import count_tokens
    from fathom.graph.write.document_writer import open_writer

    with own_home() as settings:
        part = GraphComponent(settings)
        part.start()
        try:
            writer = open_writer(settings)
            sets = [
                chunk_document(
                    converted(SAMPLES / name), document=f"bench/{copy}/{name}", max_tokens=256, count_tokens=count_tokens
                )
                for copy in range(COPIES)
                for name in TEXTS
            ]
            writer.write(sets[0], reference_time=datetime.now(UTC))
            start = time.perf_counter()
            reports = [writer.write(one, reference_time=datetime.now(UTC)) for one in sets[1:]]
            wall = time.perf_counter() - start
            writer.close()
        finally:
            part.stop()
    episodes = sum(report.written for report in reports)
    extracting, writing = (
        sum(getattr(report, name) for report in reports) for name in ("seconds_extracting", "seconds_writing")
    )
    return {
        "episodes": episodes,
        "wall": wall / episodes * 1000,
        "writing": writing / episodes * 1000,
        "extracting": extracting / episodes * 1000,
    }


def measure() -> list[Figure]:
    """Both codecs in turn."""
    rust = json.loads(
        subprocess.run([sys.executable, "-m", "benchmarks.episodes", "one"], stdout=subprocess.PIPE, check=True).stdout
    )
    python = json.loads(subprocess.run([sys.executable, "-c", PLAIN], stdout=subprocess.PIPE, check=True).stdout)
    note = f"{rust['episodes']:.0f} episodes"
    return [
        Figure("episode, all", rust["wall"], "ms", "without neo4j-rust-ext", python["wall"], note=note),
        Figure("episode, writing", rust["writing"], "ms", "without neo4j-rust-ext", python["writing"], note=note),
        Figure("episode, extracting", rust["extracting"], "ms", note=note),
    ]


if __name__ == "__main__":
    print(json.dumps(one() if sys.argv[1:] == ["one"] else [figure.as_dict() for figure in measure()]))
