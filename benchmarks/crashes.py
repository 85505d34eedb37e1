"""Kill -9 of a writing process at 200 points, and what each left: the crash table."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figure import Figure
from benchmarks.killing import Killing, spread
from benchmarks.material import own_home

KILLS = 200


def measure(kills: int = KILLS) -> list[Figure]:
    """Graphs that differ, rows that are lost or doubled, and answers asked for again, of so many kills."""
    from fathom.deployment.graph_component import GraphComponent
    from fathom.graphdb.connection import open_graph
    from fathom.graphdb.schema import ensure_schema

    with own_home() as settings, TemporaryDirectory(prefix="fathom-kills-") as folder:
        part = GraphComponent(settings)
        part.start()
        graph = open_graph(settings)
        try:
            ensure_schema(graph)
            killing = Killing(graph, Path(folder))
            points, wanted = killing.points()
            began = time.perf_counter()
            outcomes = [killing.killed_at(1 + (point - 1) % points) for point in spread(points, min(kills, points))]
            seconds = time.perf_counter() - began
        finally:
            graph.close()
            part.stop()
    died = sum(one.died for one in outcomes)
    note = f"of {points} points of one run over three versions of two documents; {seconds:.0f} s"
    return [
        Figure("kills", died, "processes", goal=f"{min(kills, points)}", note=note),
        Figure("graphs unlike the undisturbed one", sum(one.digest != wanted for one in outcomes), "graphs", goal="0"),
        Figure("lost, doubled or unknown after it went on", sum(one.differences for one in outcomes), "rows", goal="0"),
        Figure("asked for again though written", sum(one.asked_again for one in outcomes), "answers", goal="0"),
    ]


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure(int(sys.argv[1]) if sys.argv[1:] else KILLS)]))
