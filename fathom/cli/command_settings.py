"""Loads the settings of a command and starts its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fathom.settings import Settings


def deployment() -> Settings:
    """Returns the settings; log lines go to the home if it exists. Raises SettingsInvalid.

    Files written from here on are private to the user, and a home that others may enter is closed.
    """
    from fathom.home import own_home
    from fathom.observability.json_lines_handler import keep_logs
    from fathom.settings import settings

    found = settings()
    own_home(found.home)
    if found.home.is_dir():
        keep_logs(found, "cli")
    return found
