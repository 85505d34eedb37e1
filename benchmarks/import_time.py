"""How long the code location takes to load, beside what importing Dagster alone takes."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.figure import Figure, median_seconds


def measure() -> list[Figure]:
    """Seconds of a fresh process each."""

    def fresh(statement: str) -> float:
        return median_seconds(lambda: subprocess.run([sys.executable, "-c", statement], check=True))

    return [
        Figure(
            "code location import",
            fresh("import definitions"),
            "s",
            "import dagster",
            fresh("import dagster"),
            goal="≤ 3 s",
        )
    ]


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure()]))
