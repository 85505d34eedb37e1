"""Migrations of the operational database, by Alembic; `fathom.database` runs those that a database lacks when it is opened.

A new one: change `fathom/tables.py`, then `alembic revision --autogenerate -m "…"` in the project's root with
FATHOM_DATABASE_URL naming a database of the revision before, and set HEAD.
"""

HEAD = "0002"  # the newest revision in `versions`
VERSION_TABLE = "fathom_revision"  # Dagster's own tables may be in the same Postgres
