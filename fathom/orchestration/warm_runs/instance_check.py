"""Checks that the Dagster instance is the home's own, so that no other instance decides the state of its runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fathom.errors import Refused
from fathom.settings import Settings

if TYPE_CHECKING:
    import dagster as dg


class OtherDagster(Refused):
    """Another instance of Dagster, with another DAGSTER_HOME, was pointed at the home of a deployment."""


def raise_if_other(settings: Settings, instance: dg.DagsterInstance) -> None:
    """Raises OtherDagster unless the instance is the home's own, or the home has none yet.

    Another instance knows none of the deployment's runs: it would treat every running document as lost.
    """
    own = settings.dagster_home
    if not (own / "dagster.yaml").exists():
        return
    place = Path(instance.root_directory)
    if place.resolve() == own.resolve():
        return
    raise OtherDagster(
        # Dagster shows an error's message alone
        f"This Dagster keeps its runs in {place}; the documents of {settings.home} belong to the Dagster in {own}. "
        f"Set DAGSTER_HOME={own} to work with that deployment, or FATHOM_HOME to a home of its own."
    )
