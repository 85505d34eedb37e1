"""Stable ids of documents, versions, chunks and episodes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from pathlib import PurePosixPath

from fathom.errors import UnsafePath

EPISODE_NAMESPACE = uuid.UUID("6e1d3c1e-9f0b-5d0e-8a54-6b6f5a1f7c20")
DEFAULT_COLLECTION = "default"

_COLLECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Dagster forbids "..." and control characters in partition keys; "%" is escaped so that the escape can be undone.
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029%]|\.(?=\.\.)")


def collection_name(name: str) -> str:
    """Returns the name if it is a valid collection name (also a valid Graphiti group id).

    Raises UnsafePath for anything but 1-64 ASCII letters, digits, `_` and `-`, starting with a letter or digit.
    """
    if not _COLLECTION.fullmatch(name):
        raise UnsafePath(
            f"{name!r} cannot be a collection: use up to 64 letters, digits, '-' and '_'.",
            hint="Rename the folder below the inbox.",
        )
    return name


def document_id(collection: str, relative_path: str) -> str:
    """Returns `collection/relative/path`, which is the document's id and its partition key.

    `relative_path` is POSIX; bytes that are not UTF-8 are surrogates, as from os.fsdecode. Control characters,
    `%`, undecodable bytes and the first dot of `...` are percent-encoded, so two files never share an id.
    Raises UnsafePath for an absolute path, an empty one, or one with `..` or a NUL character in it.
    """
    parts = PurePosixPath(relative_path).parts
    if not parts or relative_path.startswith("/") or ".." in parts:
        raise UnsafePath(f"{relative_path!r} leaves the inbox.")
    if "\0" in relative_path:
        raise UnsafePath(f"{escaped(relative_path)} cannot be the name of a file: it has a NUL character.", hint="Rename it.")
    return f"{collection_name(collection)}/{escaped('/'.join(parts))}"


def attachment_id(mail: str, name: str) -> str:
    """Returns the document id of the attachment `name` of the mail `mail`. Raises UnsafePath for a name with a path."""
    if name in ("", ".", "..") or "/" in name:
        raise UnsafePath(f"{name!r} is no name of an attachment.")
    split_document_id(mail)
    return f"{mail}/{escaped(name)}"


def split_document_id(document: str) -> tuple[str, str]:
    """Returns the collection and the relative path (escaped as in the id) of a document id."""
    collection, _, path = document.partition("/")
    if not path:
        raise UnsafePath(f"{document!r} is not a document id: it has the form collection/path.")
    return collection, path


def content_version(data: bytes) -> str:
    """Returns the version of a document: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def chunk_identity(document: str, text: str, occurrence: int = 0) -> str:
    """Returns a chunk's id: a hash of its document, its text and, among equal texts of a document, its rank.

    White space and Unicode form do not count, so that a chunk keeps its id while others change. 32 hex digits.
    """
    folded = " ".join(unicodedata.normalize("NFC", text).split())
    digest = hashlib.sha256(f"{document}\0{folded}\0{occurrence}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def episode_uuid(collection: str, document: str, chunk: str) -> str:
    """Returns the uuid5 of a chunk's episode in the graph: the same chunk always gives the same episode."""
    return str(uuid.uuid5(EPISODE_NAMESPACE, f"{collection}\0{document}\0{chunk}"))


def storage_name(document: str) -> str:
    """Returns a safe file name for a document id of any length: two levels of its SHA-256."""
    digest = hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digest[:2]}/{digest}"


def escaped(path: str) -> str:
    """Returns the path as in a document id: printable, valid UTF-8, and different for different paths."""
    path = _ESCAPED.sub(lambda match: f"%{ord(match.group()):02X}" if ord(match.group()) < 256 else _utf8(match), path)
    return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in path)


def _utf8(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode())
