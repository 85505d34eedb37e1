"""Records a second and peak memory of an export of a million relationships from Neo4j, and the time to load a Cypher script."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figure import Figure
from benchmarks.large_graph import COLLECTION, LargeGraph
from fathom.graph.content.graph_digest import GraphDigest, digest_of
from fathom.graph.content.graph_records import Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.export.graph_export import FORMATS, FormatName, export_graph
from fathom.graphdb.connection import GraphAddress, GraphConnection
from scripts.neo4j_server import Neo4jServer

RELATIONSHIPS = int(os.environ.get("BENCH_GRAPH_RELATIONSHIPS", "1000000"))
LOADED = LargeGraph(RELATIONSHIPS // 10, RELATIONSHIPS // 2, embeddings=False)
WITH_EMBEDDINGS: tuple[FormatName, ...] = ("json", "parquet")
_TOKEN = re.compile(r"'(?:\\.|[^'\\])*'|`(?:``|[^`])*`|//[^\n]*|;", re.DOTALL)


def connect(server: Neo4jServer) -> GraphConnection:
    """A connection to the server."""
    return GraphConnection(GraphAddress(server.uri, server.user, server.password, "neo4j", embedded=False))


def one(folder: Path, name: FormatName, embeddings: bool) -> dict[str, float]:
    """Exports in a process of its own; returns records, wall and CPU seconds, and peak memory in MB."""
    graph = connect(Neo4jServer(folder))
    target = folder / f"exported{FORMATS[name].suffix}"
    start, cpu = time.perf_counter(), time.process_time()
    made = export_graph(graph, Selection(collection=COLLECTION, embeddings=embeddings), name, target)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    graph.close()
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024
    return {
        "records": made.record_count,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_mb": peak,
        "bytes": made.size_bytes,
    }


def exports(folder: Path) -> Iterator[Figure]:
    """Each format, without embeddings, and some with."""
    server = Neo4jServer(folder)
    server.start()
    try:
        graph = connect(server)
        LargeGraph(RELATIONSHIPS // 5, RELATIONSHIPS).fill(graph)
        graph.close()
        cases = [(name, False) for name in FORMATS] + [(name, True) for name in WITH_EMBEDDINGS]
        for name, embeddings in cases:
            call = [sys.executable, "-m", "benchmarks.graph_export", "one", str(folder), name, str(int(embeddings))]
            found = json.loads(subprocess.run(call, stdout=subprocess.PIPE, check=True).stdout)
            shown = f"{name}, {'with' if embeddings else 'without'} embeddings"
            cpu = found["cpu_seconds"] / found["records"] * 1e6
            note = f"{found['records']:,} records, {found['bytes'] / 1e6:,.0f} MB, {cpu:.0f} µs of CPU a record in this process"
            print(f"{shown}: {found}", file=sys.stderr)
            yield Figure(f"export {shown}", found["records"] / found["seconds"], "records/s", goal="20,000", note=note)
            yield Figure(f"peak memory {shown}", found["peak_mb"], "MB", goal="300")
    finally:
        server.stop()


def reloading(folder: Path) -> Iterator[Figure]:
    """A Cypher script of LOADED, loaded into an empty database statement by statement; its digest is that of the first."""
    server = Neo4jServer(folder / "first")
    server.start()
    script = folder / "graph.cypher"
    try:
        graph = connect(server)
        LOADED.fill(graph)
        before = digest(graph)
        export_graph(graph, Selection(), "cypher", script)
        graph.close()
    finally:
        server.stop()
    server = Neo4jServer(folder / "second")
    server.start()
    try:
        graph = connect(server)
        start = time.perf_counter()
        with graph.driver.session() as session:
            for statement in statements(script):
                session.run(statement).consume()
        seconds = time.perf_counter() - start
        if digest(graph) != before:
            raise SystemExit("The loaded graph is another one.")
        graph.close()
    finally:
        server.stop()
    note = f"{before.nodes:,} nodes, {before.relationships:,} relationships, same digest"
    yield Figure("Cypher script loaded again", seconds, "s", "APOC .5 M / 3 M (neo4j #11532)", 10_860, "120", note)


def statements(script: Path) -> Iterator[str]:
    """The statements of a script, as cypher-shell splits it."""
    waiting = ""
    with script.open(encoding="utf-8", newline="\n") as stream:
        for line in stream:
            waiting += line
            if line.endswith(";\n") and _is_whole(waiting):
                yield waiting
                waiting = ""


def _is_whole(text: str) -> bool:
    ends = [found.end() for found in _TOKEN.finditer(text) if found[0] == ";"]
    return bool(ends) and ends[-1] == len(text.rstrip())


def digest(graph: GraphConnection) -> GraphDigest:
    """The digest of everything in the graph."""
    reader = RecordReader(graph, Selection())
    return digest_of(reader.nodes(), reader.relationships())


def measure() -> list[Figure]:
    """Exports and reloading."""
    with TemporaryDirectory() as folder:
        return [*reloading(Path(folder) / "loaded"), *exports(Path(folder) / "exported")]


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(one(Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "1")))
    else:
        print(json.dumps([figure.as_dict() for figure in measure()]))
