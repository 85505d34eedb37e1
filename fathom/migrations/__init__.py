"""Migrations of the operational database, by Alembic; `fathom.database` runs those that a database lacks when it is opened.

To add or change a table:

1. Change `fathom/tables/`.
2. In the project's root, with FATHOM_DATABASE_URL naming a database of the newest revision, run
   `alembic revision --autogenerate --rev-id 0010 -m "topics and routes"`, which writes `versions/r0010_topics_and_routes.py`.
   Read it: Alembic takes a renamed column for a dropped and an added one, which loses its values.
3. Set HEAD, and add the revision's mark to RELEASED in `tests/fathom/test_database.py`.

A revision is frozen once it is released: it imports nothing from `fathom.tables`, which goes on to change, and the test
compares its code with its mark. Databases in `tests/fathom/old_databases`, each with rows, are upgraded by the same tests.
"""

HEAD = "0013"  # the newest revision in `versions`
VERSION_TABLE = "fathom_revision"  # Dagster's own tables may be in the same Postgres
