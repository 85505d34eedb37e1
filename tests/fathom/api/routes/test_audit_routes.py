"""The audit log over HTTP: who did what by which key from where, in pages, verified; for admins of all collections."""

from __future__ import annotations

import sqlalchemy as sa

from fathom.database import open_database
from tests.fathom.api.conftest import Api


def test_what_was_done_by_keys_is_listed_with_key_address_and_request(api: Api) -> None:
    admin = api.key("admin")
    made = api.client.post("/api/keys", json={"role": "reader", "name": "dash"}, headers={**admin, "X-Request-ID": "r-1"})
    api.client.delete(f"/api/keys/{made.json()['id']}", headers={**admin, "X-Request-ID": "r-2"})
    api.client.post("/api/collections/c/pause", params={"reason": "move"}, headers=api.key("operator"))
    api.client.post("/api/collections/c/resume", headers=api.key("operator"))
    page = api.client.get("/api/audit", params={"limit": 4, "verify": True}, headers=admin).json()
    lines = page["lines"]
    assert [(line["action"], line["outcome"], line["by"], line["collection"]) for line in lines] == [
        ("collections.resume", "done", "operator of None", "c"),
        ("collections.pause", "done", "operator of None", "c"),
        ("keys.revoke", "done", "admin of None", "*"),
        ("keys.create", "done", "admin of None", "*"),
    ]
    assert [line["request"] for line in lines[2:]] == ["r-2", "r-1"]
    assert {line["source"] for line in lines} == {"testclient"}
    keys = api.client.get("/api/keys", headers=admin).json()["keys"]
    assert lines[3]["key"] in {key["id"] for key in keys if key["role"] == "admin"}
    assert lines[3]["account"] == {"key": made.json()["id"], "name": "dash", "role": "reader"}
    assert made.json()["key"] not in str(page)
    assert (page["check"]["intact"], page["next"]) == (True, lines[3]["number"])
    following = api.client.get("/api/audit", params={"limit": 4, "cursor": page["next"]}, headers=admin).json()
    assert all(line["number"] < lines[3]["number"] for line in following["lines"])
    assert following["check"] is None
    chosen = api.client.get("/api/audit", params={"action": "keys", "by": lines[3]["key"]}, headers=admin).json()["lines"]
    assert [line["action"] for line in chosen] == ["keys.revoke", "keys.create"]


def test_a_broken_chain_is_told(api: Api) -> None:
    admin = api.key("admin")
    api.client.post("/api/collections/c/pause", headers=admin)
    with open_database(api.settings.operational_url).begin() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_log_update"))
        connection.execute(sa.text("UPDATE audit_log SET account = '{}' WHERE number = 1"))
    check = api.client.get("/api/audit", params={"verify": True}, headers=admin).json()["check"]
    assert (check["intact"], check["broken"]["number"]) == (False, 1)
