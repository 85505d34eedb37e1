"""What every command starts with: the settings, and its own log where a home is there to keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fathom.settings import Settings


def deployment() -> Settings:
    """The settings of this call, whose log lines are kept in the home if there is one. Raises SettingsInvalid.

    What the call writes from here on is its user's only, and a home that others may enter is closed.
    """
    from fathom.home import own_home
    from fathom.observability.json_lines_handler import keep_logs
    from fathom.settings import settings

    found = settings()
    own_home(found.home)
    if found.home.is_dir():
        keep_logs(found, "cli")
    return found
