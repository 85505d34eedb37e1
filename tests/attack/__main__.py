"""Runs the attacks by their names, each against servers of its own; all of them in a short form where none is named.

python -m tests.attack
python -m tests.attack writes --attempts 100000 --server neo4j
python -m tests.attack server_errors --requests 20000
python -m tests.attack faults --documents 34
python -m tests.attack full_disk --rounds 3
"""

from __future__ import annotations

import subprocess
import sys

SHORT = (
    ("writes", "--attempts", "2000", "--server", "embedded"),
    ("writes", "--attempts", "1000", "--server", "neo4j"),
    ("server_errors", "--requests", "2000"),
    ("faults", "--documents", "6", "--fault", "stopped"),
    ("full_disk", "--documents", "6", "--rounds", "1"),
)


def main() -> int:
    """Runs one attack with the arguments given, or all; fails where one of them got through."""
    asked = sys.argv[1:]
    codes = []
    for name, *arguments in (asked,) if asked else SHORT:
        print(f"\n{name} {' '.join(arguments)}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", f"tests.attack.{name}", *arguments], check=False).returncode)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
