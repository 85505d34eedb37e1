"""Keys made once a process and put into each home that asks: to make a key and to know it again is slow, as it must be."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from fathom.database import open_database
from fathom.security.api_keys import KeyRole, open_keys
from fathom.settings import Settings
from fathom.tables import api_keys

_made: dict[tuple[str, str, str | None], tuple[dict[str, Any], str]] = {}


def kept_key(settings: Settings, role: KeyRole | str, *, name: str, collection: str | None = None) -> str:
    """A key that this home takes; the same one whenever the same is asked for, whether or not it was revoked here."""
    wanted, engine = (role, name, collection), open_database(settings.operational_url)
    if wanted not in _made:
        made = open_keys(settings).create(role, name=name, collection=collection)
        with engine.connect() as connection:
            row = connection.execute(sa.select(api_keys).where(api_keys.c.id == made.id)).one()
        _made[wanted] = dict(row._mapping), made.key
    row, key = _made[wanted]
    with engine.begin() as connection:
        connection.execute(insert(api_keys).values(**row).on_conflict_do_nothing())
    return key
