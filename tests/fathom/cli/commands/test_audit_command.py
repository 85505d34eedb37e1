"""`fathom audit`: who did what on this host, and exit code 1 once the log was changed."""

from __future__ import annotations

import getpass
import socket

import sqlalchemy as sa

from fathom.database import open_database
from fathom.settings import Settings
from tests.fathom.cli.conftest import Call


def test_commands_are_recorded_with_user_and_host(call: Call) -> None:
    made = call("keys", "create", "--role", "reader", "--name", "dash", "--collection", "c", "--json").json
    call("documents", "pause", "c", "--reason", "move")
    call("documents", "resume", "c")
    listed = call("audit", "--json")
    assert [(line["action"], line["by"], line["collection"]) for line in listed.json["lines"]] == [
        ("collections.resume", "this host", "c"),
        ("collections.pause", "this host", "c"),
        ("keys.create", "this host", "c"),
    ]
    assert listed.json["lines"][0]["source"].startswith(f"{getpass.getuser()} ")
    assert f"on {socket.gethostname()}, " in listed.json["lines"][0]["source"]
    assert made["key"] not in listed.out
    assert [line["action"] for line in call("audit", "--action", "keys", "--since", "1h", "--json").json["lines"]] == [
        "keys.create"
    ]
    assert call("audit", "--limit", "1", "--by", "this host").out.splitlines()[1].split()[:1] == ["3"]
    assert call("audit", "--since", "yesterday").code == 2


def test_a_changed_log_is_told_with_its_first_bad_line(call: Call, home_settings: Settings) -> None:
    for _ in range(3):
        call("documents", "pause", "c")
    whole = call("audit", "--verify", "--json")
    assert (whole.code, whole.json["check"]["lines"]) == (0, 3)
    assert f"Head: {whole.json['lines'][0]['hash']}" in whole.err
    with open_database(home_settings.operational_url).begin() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_log_delete"))
        connection.execute(sa.text("DELETE FROM audit_log WHERE number = 2"))
    broken = call("audit", "--verify")
    assert broken.code == 1
    assert "Line 2 is missing" in broken.err
