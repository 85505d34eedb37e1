"""Writes the pages of docs/ that are generated from the code; with --check says which are out of date, changing nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from fathom.settings import PREFIX, PROJECT_ROOT, SETTINGS_FILE, Settings

DOCS = PROJECT_ROOT / "docs"


def settings_page() -> str:
    """Every setting with its default, what it may be, and what it means."""
    lines = [
        "# Settings",
        "",
        "Generated from `fathom/settings.py` by `make docs`.",
        "",
        f"Each is read from the environment, or from `{SETTINGS_FILE}` beside `workspace.yaml` under its name in small letters",
        f"without `{PREFIX}`; the environment wins. An unknown name is refused. `fathom up` restarts the parts after a change.",
        "",
        "| setting | default | may be | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        lines.append(
            f"| `{PREFIX}{name.upper()}` | {default} | {_may_be(field.annotation, field.metadata)} | {field.description} |"
        )
    return "\n".join(lines) + "\n"


PAGES: Mapping[str, Any] = {"settings.md": settings_page}


def _may_be(annotation: Any, bounds: list[Any]) -> str:
    choices = [value for value in get_args(annotation) if isinstance(value, str)]
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    least = next((bound.ge for bound in bounds if hasattr(bound, "ge")), None)
    most = next((bound.le for bound in bounds if hasattr(bound, "le")), None)
    if least is not None and most is not None:
        return f"{least} to {most}"
    names = {one.__name__ for one in (get_args(annotation) or (annotation,)) if one is not type(None)}
    return {"Path": "a path", "SecretStr": "a secret", "str": "text"}.get(next(iter(names)), "text")


def main(check: bool) -> int:
    """The pages are written, or, to check, those that differ are named and the answer is 1."""
    differing = [name for name, page in PAGES.items() if _text(DOCS / name) != page()]
    if check:
        for name in differing:
            print(f"docs/{name} is out of date: run `make docs`.")
        return 1 if differing else 0
    for name in differing:
        (DOCS / name).write_text(PAGES[name]())
    return 0


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
