"""Defines the file format of a backup: a ZIP file of compressed, optionally encrypted parts with a manifest of their checksums.

Members: `fathom-backup.json` (the header, never encrypted), `key.age` where it is encrypted, the parts, and `manifest`. The
comment of the ZIP file is the SHA-256 of all bytes before it, so that any change of the file is noticed before anything is
restored. Parts are compressed with zstd. Encryption is that of age: `key.age` has an X25519 identity, encrypted with the
passphrase, and each part is encrypted for that identity, so the tool `age` can open them too.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = "fathom-backup"
VERSION = 1  # a reader refuses any other
SUFFIX = ".fathom"
HEADER, KEY, MANIFEST = "fathom-backup.json", "key.age", "manifest"
CHECKSUM_PREFIX = b"sha256:"
CHECKSUM_LENGTH = len(CHECKSUM_PREFIX) + 64
MAX_MANIFEST = 256 << 20  # bytes, unpacked
PART_BYTES = 32 << 20  # of a part before compression; a part is in memory as a whole
MAX_PART = 1 << 30  # bytes of a part before compression, which a single large record may reach
COMPRESSION_LEVEL = 3  # of zstd: higher levels cost much time for few bytes

PartKind = Literal["nodes", "relationships", "table", "content", "artifact"]


class Frozen(BaseModel):
    """A value of the manifest; unknown fields are refused, since a field of a newer version may matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Header(Frozen):
    """The first member of the file."""

    format: str
    version: int
    encrypted: bool = False


class Part(Frozen):
    """A part of the file, by the name of its member."""

    name: str
    kind: PartKind
    collection: str | None = Field(description="None for content, which collections share")
    key: str = Field(description="the table, the version of content, or the name of an artifact; empty for the graph")
    records: int
    stored_bytes: int
    sha256: str = Field(description="of the stored bytes, in hex")


class CollectionContents(Frozen):
    """A collection in a backup."""

    name: str
    nodes: int
    relationships: int
    digest: str
    documents: int
    episodes: int


class Manifest(Frozen):
    """The contents of a backup, as of one moment."""

    backup_id: str
    created_at: float = Field(description="seconds since 1970, of the moment")
    fathom: str = Field(description="the version that wrote it")
    server: str = Field(description="the graph server, with its version")
    embedder: str
    indexes: list[str] = Field(description="names of the indexes and constraints of the graph")
    collections: list[CollectionContents]
    nodes: int = Field(description="of the whole, also those of no collection")
    relationships: int
    digest: str
    parts: list[Part]
    based_on: str | None = Field(None, description="the backup that has the content and artifacts which this one lacks")
    scope: str | None = Field(None, description="the collection that was asked for; None for all")
