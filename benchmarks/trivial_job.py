"""A code location of three steps that do nothing, and as a program the run server of a deployment for it."""

from __future__ import annotations

import sys
from pathlib import Path

import dagster as dg


@dg.op
def converted() -> int:
    """One."""
    return 1


@dg.op
def cut(converted: int) -> int:
    """One more."""
    return converted + 1


@dg.op
def written(cut: int) -> None:
    """Nothing."""


@dg.job(executor_def=dg.in_process_executor)
def trivial() -> None:
    """A document's three steps, without their work."""
    written(cut(converted()))


defs = dg.Definitions(jobs=[trivial])

if __name__ == "__main__":
    from fathom.orchestration.warm_runs.__main__ import execute, warm_up
    from fathom.orchestration.warm_runs.run_server import serve
    from fathom.settings import PROJECT_ROOT

    serve(Path(sys.argv[1]), PROJECT_ROOT, warm_up=warm_up, execute=execute)
