"""Keeps the read-only user of the embedded server, for whom the server itself rejects writes."""

from __future__ import annotations

import json
import time
from typing import Any

from fathom.errors import GraphUnreachable
from fathom.graphdb.arcadedb_process import DATABASE, READER, USER, EmbeddedServer, write_private

GROUP = "reading"
# The server reads changed groups within some seconds (its setting arcadedb.server.reloadEvery).
RELOADED_WITHIN_S = 15.0
PAUSE_S = 0.5
ANSWER_WITHIN_S = 10.0

_RECORDS = ("createRecord", "readRecord", "updateRecord", "deleteRecord")
_DATABASE = ("updateSecurity", "updateSchema", "updateDatabaseSettings")


def ensure_reading_group(server: EmbeddedServer) -> None:
    """Writes the group of read-only users to the server's file of groups. Raises OSError when it cannot be written."""
    file = server.folder / "config" / "server-groups.json"
    found: dict[str, Any] = {"databases": {"*": {"groups": {"admin": _group(_DATABASE, _RECORDS), "*": _group((), ())}}}}
    if file.exists():
        found = json.loads(file.read_text())
    groups = found.setdefault("databases", {}).setdefault("*", {}).setdefault("groups", {})
    wanted = _group((), ("readRecord",))
    if groups.get(GROUP) == wanted:
        return
    groups[GROUP] = wanted
    found.setdefault("version", 2)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(file, json.dumps(found, indent=2))


def ensure_reader(server: EmbeddedServer) -> None:
    """Creates the read-only user of a running server, with the password in its file.

    Raises GraphUnreachable, also where the user still has no right to read when the server should have reloaded its groups.
    """
    if _can_read(server):
        return
    _command(server, f"drop user {READER}", also_missing=True)  # in a copied folder it has another password
    user = {"name": READER, "password": server.reader_password, "databases": {DATABASE: [GROUP]}}
    _command(server, f"create user {json.dumps(user)}")
    deadline = time.monotonic() + RELOADED_WITHIN_S
    while not _can_read(server):
        if time.monotonic() > deadline:
            raise GraphUnreachable(f"The graph at {server.http_url} does not let its reading user read.")
        time.sleep(PAUSE_S)


def _group(access: tuple[str, ...], records: tuple[str, ...]) -> dict[str, Any]:
    types = {"*": {"access": list(records)}}
    return {"resultSetLimit": -1, "readTimeout": -1, "access": list(access), "types": types}


def _can_read(server: EmbeddedServer) -> bool:
    """Returns whether the read-only user can read records; not so before the server has reloaded its groups."""
    asked = {"language": "cypher", "command": "MATCH (n) RETURN n LIMIT 1"}
    return _post(server, f"query/{DATABASE}", asked, READER, server.reader_password)[0] == 200


def _command(server: EmbeddedServer, command: str, *, also_missing: bool = False) -> None:
    status, said = _post(server, "server", {"command": command}, USER, server.password)
    if status != 200 and not also_missing:
        raise GraphUnreachable(f"The graph at {server.http_url} makes no reading user: {said}")


def _post(server: EmbeddedServer, path: str, content: dict[str, Any], user: str, password: str) -> tuple[int, str]:
    import httpx

    try:
        response = httpx.post(
            f"{server.http_url}/api/v1/{path}", json=content, auth=(user, password), timeout=ANSWER_WITHIN_S, trust_env=False
        )
    except httpx.HTTPError as error:
        raise GraphUnreachable(f"The graph at {server.http_url} does not answer: {error}.") from error
    return response.status_code, response.text[:300]
