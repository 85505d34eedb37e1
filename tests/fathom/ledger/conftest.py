"""A ledger on each database it may stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.ledger.episode_ledger import Ledger
from fathom.tables import episodes


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    engine = open_database(f"sqlite:///{tmp_path / 'fathom.db'}")
    yield Ledger(engine)
    engine.dispose()


@pytest.fixture
def postgres_ledger(postgres_url: str) -> Iterator[Ledger]:
    engine = open_database(postgres_url)
    yield Ledger(engine)
    with engine.begin() as connection:
        connection.execute(episodes.delete())
    engine.dispose()
