"""Checks the names and docstrings of the product; prints each finding as `file:line: message` and exits with 1 if any exist.

Three rules: the first word of a docstring is no pronoun, a class name is defined once in fathom/, and no more than two files
of the product share a name.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("fathom", "ingestion_assets", "checks", "sensors", "resources", "scripts")
PRONOUNS = frozenset({"one", "what", "whatever", "who", "whoever", "whom", "whose"})
FREE_STEMS = frozenset({"__init__", "__main__", "conftest"})
MAX_SAME_STEM = 2

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def findings(root: Path, paths: Sequence[Path]) -> Iterator[str]:
    """Yields each finding as `file:line: message`; paths in messages are relative to `root`."""
    classes: dict[str, str] = {}
    stems: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        file = path.relative_to(root)
        if path.stem not in FREE_STEMS:
            stems[path.stem].append(f"{file}")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Documented) and (line := pronoun_line(node)) is not None:
                yield f"{file}:{line}: the docstring begins with a pronoun; begin with a verb or a noun"
            if isinstance(node, ast.ClassDef) and file.parts[0] == "fathom":
                place = f"{file}:{node.lineno}"
                first = classes.setdefault(node.name, place)
                if first != place:
                    yield f"{place}: class {node.name} is defined in {first}, too"
    for stem, files in stems.items():
        for file_name in files[MAX_SAME_STEM:]:
            yield f"{file_name}:1: more than {MAX_SAME_STEM} files are named {stem}.py: {', '.join(files[:MAX_SAME_STEM])}"


def pronoun_line(node: Documented) -> int | None:
    """Returns the line of the node's docstring if its first word is one of PRONOUNS, else None."""
    words = (ast.get_docstring(node) or "").split(maxsplit=1)
    if not words or words[0].lower().strip(".,;:!?") not in PRONOUNS:
        return None
    return node.body[0].lineno


def main(root: Path = ROOT) -> int:
    """Prints the findings of all rooms below `root`; returns 1 if there is any, else 0."""
    paths = [path for room in ROOMS for path in sorted((root / room).rglob("*.py"))]
    found = list(findings(root, paths))
    print("".join(f"{line}\n" for line in found), end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
