"""Keeps Dagster's runs, events and schedules in the Postgres of FATHOM_DATABASE_URL, in a schema of their own.

The URL is read from the settings of each process, so that dagster.yaml holds no password.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from dagster._config.config_schema import UserConfigSchema
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage

from fathom.orchestration.event_thinning import EventThinning
from fathom.processes.dagster_tables import SCHEMA
from fathom.settings import settings


class ThinnedPostgresEvents(PostgresEventLogStorage, EventThinning):
    """Dagster's event log in Postgres, whose old runs can be thinned."""


class DeploymentPostgresStorage(DagsterPostgresStorage):
    """Dagster's storage in the deployment's own Postgres."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._event_log_storage.dispose()
        self._event_log_storage = ThinnedPostgresEvents(postgres_url, True)

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Takes no configuration: the settings name the database."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> DeploymentPostgresStorage:
        """Opens the storage of the process' settings."""
        return cls(dagster_url(settings().operational_url), inst_data)


def dagster_url(database_url: str) -> str:
    """Returns the URL of the same database with Dagster's schema first in the search path."""
    url = sa.make_url(database_url).set(drivername="postgresql")
    return url.update_query_dict({"options": f"-c search_path={SCHEMA}"}).render_as_string(hide_password=False)


def make_schema(database_url: str) -> bool:
    """Creates Dagster's schema in the database; returns whether it was missing."""
    engine = sa.create_engine(database_url)
    try:
        with engine.begin() as connection:
            there = sa.inspect(connection).has_schema(SCHEMA)
            connection.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
            return not there
    finally:
        engine.dispose()
