"""Holds the metadata of all tables of the operational database; fathom/migrations creates and changes them."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()
