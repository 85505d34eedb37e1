"""The API answers odd requests without a server error: `tests.attack.server_errors` in a short form, without other parts."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest
from pydantic import SecretStr

from fathom.api.app import create_app
from fathom.api.server.serving import Serving
from fathom.security.api_keys import open_keys
from fathom.settings import Settings
from tests.attack.odd_requests import Known
from tests.attack.server_errors import SHOWN, attack, send_to

REQUESTS = 200
OFTEN = {"api_requests_per_minute": 1_000_000}


def test_no_odd_request_is_answered_by_a_server_error(home_settings: Settings) -> None:
    assert_no_server_error(home_settings.model_copy(update=OFTEN))


@pytest.mark.integration
def test_none_is_where_the_tables_are_in_postgres(home_settings: Settings, postgres_database: str) -> None:
    assert_no_server_error(home_settings.model_copy(update={**OFTEN, "database_url": SecretStr(postgres_database)}))


def assert_no_server_error(of: Settings) -> None:
    server = Serving(create_app(of), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = int(server.servers[0].sockets[0].getsockname()[1])
        admin, reader = (open_keys(of).create(role, name="a").key for role in ("admin", "reader"))
        known = Known(tuple((b"X-API-Key", key.encode()) for key in (admin, reader)), "c/a.md", "c")
        found = attack(known, partial(send_to, port), REQUESTS, 16, away=True)
    finally:
        server.should_exit = True
        thread.join(20)
    assert found.statuses.total() == REQUESTS
    assert found.broken[:SHOWN] == []
