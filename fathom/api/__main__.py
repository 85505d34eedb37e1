"""The API as a process: `python -m fathom.api --port 8000`, until it is told to stop."""

from __future__ import annotations

import argparse

from fathom.api.app import create_app
from fathom.api.server.serving import Serving
from fathom.home import own_home
from fathom.processes.ports import HOST
from fathom.settings import settings


def main() -> None:
    """Serves the application over the settings of this process."""
    options = argparse.ArgumentParser(prog="python -m fathom.api", description=__doc__)
    options.add_argument("--host", default=HOST)
    options.add_argument("--port", type=int, default=8000)
    given = options.parse_args()
    own_home(settings().home)
    Serving(create_app(), host=given.host, port=given.port).run()


if __name__ == "__main__":
    main()
