"""Keeps docling's PDF pipeline usable without torch, which three of its unused models import.

docling-slim 2.142.1 registers its own table models by importing them, and they import torch. The test beside this module
goes red when that is mended upstream; then this module can go.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any


def guard_torch_imports() -> None:
    """Lets docling's table factory be asked for engines where torch is not installed; where it is, changes nothing."""
    if importlib.util.find_spec("torch") is not None:
        return
    from docling.models.plugins import defaults

    if not getattr(defaults.table_structure_engines, "guarded", False):
        defaults.table_structure_engines = _without_what_needs_torch(defaults.table_structure_engines)


def _without_what_needs_torch(engines: Callable[[], dict[str, list[Any]]]) -> Callable[[], dict[str, list[Any]]]:
    def table_structure_engines() -> dict[str, list[Any]]:
        try:
            return engines()
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "torch":
                raise
            return {"table_structure_engines": []}

    table_structure_engines.guarded = True  # type: ignore[attr-defined]
    return table_structure_engines
