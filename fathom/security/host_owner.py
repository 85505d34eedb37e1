"""Recognizes the owner of this host on the command line, by the admin key in the home."""

from __future__ import annotations

from fathom.errors import Refused
from fathom.security.api_keys import Caller, admin_key, open_keys
from fathom.settings import Settings


def require_owner(settings: Settings) -> Caller:
    """Returns the owner of the admin key that `fathom up` writes into the home.

    Raises Refused for other users, whom the file does not let read, and where the key is missing or revoked.
    """
    key = admin_key(settings)
    caller = open_keys(settings).identify(key) if key else None
    if caller is None or not caller.has("admin"):
        raise Refused("This is for the owner of this host, by the admin key in the home.", hint="`fathom up` writes the key.")
    return caller
