"""docs/architecture.md names what is there: every room of fathom, and no path that does not exist."""

from __future__ import annotations

import re

from fathom.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`((?:fathom|checks|sensors|resources|ingestion_assets|samples|docs)/[\w./]*)`", TEXT))


def test_every_room_of_fathom_has_its_line() -> None:
    rooms = {f"fathom/{path.parent.name}" for path in (PROJECT_ROOT / "fathom").glob("*/__init__.py")}
    assert rooms <= NAMED


def test_every_path_it_names_exists() -> None:
    assert NAMED
    assert [name for name in sorted(NAMED) if not (PROJECT_ROOT / name).exists()] == []


def test_the_layers_it_draws_are_the_ones_that_are_enforced() -> None:
    drawn = re.search(r"`(sensors → [\w →]+)`", TEXT)
    assert drawn is not None
    layers = ", ".join(f'"{name}"' for name in drawn.group(1).split(" → "))
    assert f"layers = [{layers}]" in (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8")
