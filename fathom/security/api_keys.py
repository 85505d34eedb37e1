"""API keys with a role and optionally a collection: stored as hashes, shown once, revocable."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import DatabaseUnreachable, StoreFull, UsageWrong
from fathom.ids import collection_name
from fathom.observability.structured_logging import emit
from fathom.processes.process import disk_error
from fathom.security.audit_log import ALL_COLLECTIONS, audited
from fathom.settings import Settings
from fathom.tables import api_keys
from fathom.waits import MIN_WAIT_S, bounded_waits

KeyRole = Literal["reader", "operator", "admin"]
ROLES: tuple[KeyRole, ...] = get_args(KeyRole)
ADMIN_FILE = "admin.key"
COOKIE = "fathom_key"  # of a signed-in browser; shared by all ports of the host
MAX_KEY = 200  # characters
USED_EVERY_S = 60.0  # minimum interval between updates of a key's last use
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024**2, "dklen": 32}


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of a key and its permissions; a collection of None means all collections."""

    key: str
    name: str
    role: KeyRole
    collection: str | None

    def has(self, role: KeyRole) -> bool:
        """Returns whether the role includes the given role: admin includes all, operator includes reader."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def may_see(self, collection: str) -> bool:
        """Returns whether the key gives access to the collection."""
        return self.collection in (None, collection)


class KeyInfo(BaseModel):
    """A key in listings; times in seconds since 1970."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    role: KeyRole
    collection: str | None
    created_at: float
    created_by: str | None
    last_used_at: float | None
    revoked_at: float | None


class NewKey(KeyInfo):
    """A key that was just created."""

    key: str = Field(description="the key itself, shown this once")


class KeyStore:
    """Creates, identifies, revokes and lists the keys of a deployment."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._noted: dict[str, float] = {}  # when this process last updated, or tried to update, the last use of a key

    def create(self, role: KeyRole | str, *, name: str, collection: str | None = None, by: str | None = None) -> NewKey:
        """Creates a key. Raises UsageWrong for an unknown role, UnsafePath for an invalid collection name."""
        if role not in ROLES:
            raise UsageWrong(f"There is no role {role}.", hint=f"They are: {', '.join(ROLES)}.")
        if collection is not None:
            collection_name(collection)
        key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        values = {
            "id": key_id,
            "name": name[:200],
            "role": role,
            "collection": collection,
            "created_at": time.time(),
            "created_by": by,
        }
        account = {"key": key_id, "name": values["name"], "role": role}
        with (
            audited(self._engine, "keys.create", collection=collection or ALL_COLLECTIONS, account=account),
            self._engine.begin() as connection,
        ):
            connection.execute(api_keys.insert().values(hash=_hash(secret, os.urandom(16)), **values))
        emit("system.key_created", "An API key was made", key=key_id, role=role, by=by or "fathom")
        return NewKey(**values, last_used_at=None, revoked_at=None, key=f"fathom_{key_id}_{secret}")

    def identify(self, key: str, now: float | None = None) -> Caller | None:
        """Returns the owner of the key; None if it is unknown or revoked. Updates its last use at most once a minute."""
        now = time.time() if now is None else now
        prefix, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != "fathom" or not secret or len(key) > MAX_KEY or not (key_id.isascii() and key_id.isalnum()):
            return None
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(api_keys).where(api_keys.c.id == key_id)).one_or_none()
        if row is None:
            _matches(secret, _NOBODY)  # an unknown id takes as long as a wrong secret (timing attacks)
            return None
        if row.revoked_at is not None or not _matches(secret, row.hash):
            return None
        if now - max(row.last_used_at or 0.0, self._noted.get(key_id, 0.0)) > USED_EVERY_S:
            self._noted[key_id] = now
            with suppress(DatabaseUnreachable, StoreFull), bounded_waits(MIN_WAIT_S), self._engine.begin() as connection:
                connection.execute(api_keys.update().where(api_keys.c.id == key_id).values(last_used_at=now))
        return Caller(row.id, row.name, row.role, row.collection)

    def revoke(self, key_id: str, *, by: str | None = None) -> bool:
        """Revokes the key; returns False if there is no valid key with this id."""
        valid = (api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        with audited(self._engine, "keys.revoke", account={"key": key_id}) as account:
            with self._engine.begin() as connection:
                revoked = connection.execute(api_keys.update().where(*valid).values(revoked_at=time.time())).rowcount == 1
            account["revoked"] = revoked
        if revoked:
            emit("system.key_revoked", "An API key was revoked", key=key_id, by=by or "fathom")
        return revoked

    def list(self) -> list[KeyInfo]:
        """Returns all keys, including revoked ones, oldest first."""
        shown = [api_keys.c[name] for name in KeyInfo.model_fields]
        with self._engine.connect() as connection:
            return [KeyInfo(**row._mapping) for row in connection.execute(sa.select(*shown).order_by(api_keys.c.created_at))]


def open_keys(settings: Settings) -> KeyStore:
    """Opens the key store of this deployment. Raises DatabaseUnreachable."""
    return KeyStore(open_database(settings.operational_url))


def key_in_headers(headers: Mapping[str, str]) -> str | None:
    """Returns the key of `Authorization: Bearer …` or `X-API-Key`; the names of `headers` are in lower case."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and given.strip():
        return given.strip()
    return headers.get("x-api-key")


def admin_key(settings: Settings) -> str | None:
    """Returns the key of this host's owner, for the command line; None before the first `fathom up` or for other users."""
    try:
        return (settings.home / ADMIN_FILE).read_text().strip() or None
    except OSError:
        return None


def ensure_admin_key(settings: Settings) -> Path:
    """Ensures that the home has a file, readable by its owner only, with a valid admin key. Raises StoreFailed."""
    file = settings.home / ADMIN_FILE
    keys, known = open_keys(settings), admin_key(settings)
    caller = keys.identify(known) if known else None
    if caller is not None and caller.role == "admin" and caller.collection is None:
        return file
    made = keys.create("admin", name="the owner of this host")
    whole = file.with_name(f".{ADMIN_FILE}.{os.getpid()}")
    try:
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(made.key + "\n")
        whole.replace(file)
    except OSError as error:
        raise disk_error(error, settings.home) from error
    return file


def _hash(secret: str, salt: bytes) -> str:
    derived = hashlib.scrypt(secret.encode("utf-8", "replace"), salt=salt, **_SCRYPT)
    return f"scrypt${salt.hex()}${derived.hex()}"


_NOBODY = f"scrypt${bytes(16).hex()}${bytes(32).hex()}"


def _matches(secret: str, stored: str) -> bool:
    # the slow hash is computed once for each process and secret; the cache holds no secret
    return _matches_digest(hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest(), stored, _CachedToken(secret))


class _CachedToken:
    """Passes the secret to the cached function without becoming part of the cache key or of its entry."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _CachedToken)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=1024)
def _matches_digest(_digest: str, stored: str, carried: Any) -> bool:
    salt = bytes.fromhex(stored.split("$")[1])
    found = hmac.compare_digest(_hash(carried.secret, salt), stored)
    carried.secret = ""
    return found
