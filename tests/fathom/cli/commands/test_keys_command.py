"""`fathom keys`: made and shown once, listed without itself, revoked."""

from __future__ import annotations

from fathom.security.api_keys import open_keys
from fathom.settings import Settings
from tests.fathom.cli.conftest import Call


def test_a_key_is_made_listed_and_revoked(call: Call, home_settings: Settings) -> None:
    made = call("keys", "create", "--role", "operator", "--name", "scanner", "--collection", "reports", "--json").json
    caller = open_keys(home_settings).identify(made["key"])
    assert caller is not None
    assert (caller.role, caller.collection) == ("operator", "reports")
    listed = call("keys", "--json")
    assert [one["name"] for one in listed.json["keys"]] == ["scanner"]
    assert made["key"] not in listed.out
    assert call("keys").out.splitlines()[1].split()[:2] == [made["id"], "scanner"]
    assert call("keys", "revoke", made["id"]).code == 0
    assert open_keys(home_settings).identify(made["key"]) is None
    assert call("keys", "revoke", made["id"]).code == 2


def test_an_unknown_role_is_wrong_usage_that_names_the_roles(call: Call) -> None:
    said = call("keys", "create", "--role", "king")
    assert said.code == 2
    assert "reader, operator, admin" in said.err
