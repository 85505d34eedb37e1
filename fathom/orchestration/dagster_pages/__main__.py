"""Runs Dagster's webserver: `python -m fathom.orchestration.dagster_pages`, from the project's root.

DAGSTER_HOME has to be set.
"""

from __future__ import annotations

import argparse
from contextlib import suppress

import dagster as dg
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._utils.log import configure_loggers
from dagster_webserver.cli import DEFAULT_DB_STATEMENT_TIMEOUT, DEFAULT_POOL_MAX_OVERFLOW, DEFAULT_POOL_RECYCLE
from dagster_webserver.version import __version__

from fathom.home import own_home
from fathom.orchestration.code_server import code_location, watch_seldom
from fathom.orchestration.dagster_pages.webserver import GuardedWebserver
from fathom.processes.calm_server import CalmServer
from fathom.processes.ports import HOST
from fathom.security.api_keys import open_keys
from fathom.settings import settings

STOP_WITHIN_S = 3  # for requests; open pages hold a WebSocket that does not end by itself


def main() -> None:
    """Serves the pages until a signal."""
    options = argparse.ArgumentParser(prog="python -m fathom.orchestration.dagster_pages", description=__doc__)
    options.add_argument("--port", type=int, default=settings().dagster_port)
    given = options.parse_args()
    own_home(settings().home)
    configure_loggers(formatter="json", log_level="INFO")
    watch_seldom()
    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(DEFAULT_DB_STATEMENT_TIMEOUT, DEFAULT_POOL_RECYCLE, DEFAULT_POOL_MAX_OVERFLOW)
        location = code_location(settings().home)
        with WorkspaceProcessContext(instance, version=__version__, workspace_load_target=location) as context:
            app = GuardedWebserver(context, settings(), open_keys(settings())).create_asgi_app()
            # proxy headers could forge the address by which wrong keys are counted
            config = uvicorn.Config(
                app,
                host=HOST,
                port=given.port,
                log_level="warning",
                proxy_headers=False,
                timeout_graceful_shutdown=STOP_WITHIN_S,
            )
            with suppress(KeyboardInterrupt):  # raised again by uvicorn once it has ended
                CalmServer(config).run()


if __name__ == "__main__":
    main()
