"""A lease is renewed for as long as it is held, also when the database did not answer for a moment."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.database import open_database
from fathom.errors import DatabaseUnreachable
from fathom.ledger.writer_lease import Leases
from fathom.tables import writer_leases


def test_a_renewal_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'fathom.db'}")
    leases, update = Leases(engine, seconds=0.3), Leases._update
    failed, renewed = threading.Event(), threading.Event()

    def away_at_first(self: Leases, *whose: str, **values: Any) -> bool:
        if not failed.is_set():
            failed.set()
            raise DatabaseUnreachable("The operational database does not answer: database is locked.")
        done = update(self, *whose, **values)
        renewed.set()
        return done

    monkeypatch.setattr(Leases, "_update", away_at_first)
    with leases.hold("a") as lease:
        assert failed.wait(10)
        assert renewed.wait(10)
        with engine.connect() as connection:
            (until,) = connection.execute(
                sa.select(writer_leases.c.expires_at).where(writer_leases.c.holder == lease.holder)
            ).one()
    assert until > time.time() - 10
