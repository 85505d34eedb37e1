"""Runs the run server: `python -m fathom.orchestration.warm_runs`, with DAGSTER_HOME set, from the project's root."""

from __future__ import annotations

import importlib
import os
import sys

import dagster as dg
from dagster._cli.api import _execute_run_command_body  # what `dagster api execute_run` calls; no public name in 1.13

from fathom.home import own_home
from fathom.orchestration.alembic_cache import preload_revisions
from fathom.orchestration.warm_runs.run_server import serve
from fathom.orchestration.warm_runs.run_socket import run_server_address
from fathom.settings import PROJECT_ROOT, settings

OF_EVERY_RUN = ("tokenizers",)
# The graph's driver imports them where they are installed, 110 MB that no run uses.
LEFT_OUT_OF_DRIVER = ("pandas", "pyarrow")
# The provider's own library takes two or three seconds of CPU to import, which each run would pay.
OF_MODEL = {"offline": ("spacy",), "anthropic": ("anthropic", "genai_prices"), "openai": ("openai", "genai_prices")}


def warm_up() -> None:
    """Loads the code location and executes a run in memory, so that a fork imports nothing more."""
    importlib.import_module("definitions")

    @dg.op
    def nothing() -> None: ...

    @dg.job(executor_def=dg.in_process_executor)
    def first_run() -> None:
        nothing()

    preload_revisions()
    with dg.DagsterInstance.ephemeral() as instance:
        first_run.execute_in_process(instance=instance)
    import_driver()
    for name in (*OF_EVERY_RUN, *OF_MODEL[settings().llm]):
        importlib.import_module(name)


def import_driver() -> None:
    """Imports the graph's driver without the libraries that it only converts results for; they can be imported afterwards."""
    hidden = [name for name in LEFT_OUT_OF_DRIVER if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        importlib.import_module("neo4j")
    finally:
        for name in hidden:
            del sys.modules[name]


def execute(run: str) -> None:
    """Executes the run in this process."""
    with dg.DagsterInstance.get() as instance:
        _execute_run_command_body(run, instance, lambda event: None, set_exit_code_on_failure=True)


def main() -> None:
    """Serves until a signal; replaces itself by `exec` when sources change."""
    own_home(settings().home)
    address = run_server_address(settings().home)
    address.parent.mkdir(parents=True, exist_ok=True)
    os.chdir(PROJECT_ROOT)
    if serve(address, PROJECT_ROOT, warm_up=warm_up, execute=execute):
        os.execv(sys.executable, [sys.executable, "-m", "fathom.orchestration.warm_runs"])  # noqa: S606  our own program, no shell


if __name__ == "__main__":
    main()
