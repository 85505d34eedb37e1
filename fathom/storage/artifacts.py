"""Stores the converted document, the picture of the first page and the chunk set of each document for later steps."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import ValidationError

from fathom.chunking.chunk import Chunk, ChunkSet
from fathom.conversion.report import ConvertedDocument
from fathom.errors import NotStored, StoredDamaged
from fathom.files import Files
from fathom.ids import storage_name
from fathom.settings import Settings

# The picture is stored beside the document, attachments are documents of their own.
_KEPT_ELSEWHERE: Any = {"page_picture": True, "attachments": {"__all__": {"content"}}}
ArtifactKind = Literal["converted", "picture", "chunks"]
COMPRESSION = 4  # of gzip's 1-9: higher levels cost much time for few bytes


class ArtifactStore:
    """Holds the last converted document and chunk set of each document; a save replaces the previous artifact.

    Saves raise StoreFull or StoreFailed; loads raise NotStored for a missing artifact and StoredDamaged for one that
    cannot be read, both with the document.
    """

    def __init__(self, files: Files) -> None:
        self.files = files

    def save_converted(self, document: str, converted: ConvertedDocument) -> str:
        """Saves the converted document as gzip'd JSON of its id, structure, Markdown and report; returns its location.

        The picture of the first page is stored beside it as PNG, or deleted if this version has none.
        """
        data = _encode({"id": document, **converted.model_dump(exclude=_KEPT_ELSEWHERE)})
        if converted.page_picture is None:
            self.files.delete(_picture_name(document))
        else:
            self.files.write(_picture_name(document), converted.page_picture)
        return self.files.write(_converted_name(document), gzip.compress(data, COMPRESSION, mtime=0))

    def load_converted(self, document: str) -> ConvertedDocument:
        """Returns the converted document that was saved last, without the picture."""
        data = self._read(_converted_name(document), document, "converted document")
        try:
            return ConvertedDocument.model_validate(_decode(gzip.decompress(data)))
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise _damaged(document, "converted document") from error

    def load_picture(self, document: str) -> bytes:
        """Returns the picture of the first page that was saved last, as PNG."""
        return self._read(_picture_name(document), document, "picture")

    def save_chunks(self, document: str, chunk_set: ChunkSet) -> str:
        """Saves the chunks as JSON lines, the first with the set's fields and `count`; returns the location."""
        whole = chunk_set.model_dump()
        chunks = whole.pop("chunks")
        lines = [_encode({**whole, "count": len(chunks)}), *(_encode(chunk) for chunk in chunks)]
        return self.files.write(_chunks_name(document), b"\n".join(lines) + b"\n")

    def load_chunks(self, document: str) -> ChunkSet:
        """Returns the chunk set that was saved last."""
        return parse_chunks(document, self._read(_chunks_name(document), document, "chunk set"))

    def load_bytes(self, document: str) -> Iterator[tuple[ArtifactKind, bytes]]:
        """Yields the stored artifacts of the document as they are stored."""
        for kind, name in _names(document).items():
            if self.files.exists(name):
                yield kind, self.files.read(name)

    def save_bytes(self, document: str, kind: ArtifactKind, data: bytes) -> None:
        """Stores an artifact that `load_bytes` read."""
        self.files.write(_names(document)[kind], data)

    def forget(self, document: str) -> int:
        """Deletes all artifacts of the document; returns their number."""
        return sum(self.files.delete(name) for name in _names(document).values())

    def count(self, document: str) -> int:
        """Counts the stored artifacts of the document."""
        return sum(self.files.exists(name) for name in _names(document).values())

    def _read(self, name: str, document: str, kind: str) -> bytes:
        try:
            return self.files.read(name)
        except NotStored as error:
            raise NotStored(f"No {kind} of {document} is in the store.", document=document) from error


def parse_chunks(document: str, data: bytes) -> ChunkSet:
    """Returns the chunk set of a document in its stored form. Raises StoredDamaged."""
    try:
        head, *rest = [_decode(line) for line in data.split(b"\n") if line]
        if head.pop("count") != len(rest):
            raise _damaged(document, "chunk set")
        return ChunkSet(**head, chunks=[Chunk.model_validate(chunk) for chunk in rest])
    except (ValidationError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise _damaged(document, "chunk set") from error


def rename_converted(document: str, new: str, data: bytes) -> bytes:
    """Returns the stored form of a converted document with another id. Raises StoredDamaged."""
    try:
        stored = _decode(gzip.decompress(data))
        return gzip.compress(_encode({**stored, "id": new}), COMPRESSION, mtime=0)
    except (OSError, EOFError, zlib.error, ValueError, TypeError) as error:
        raise _damaged(document, "converted document") from error


def open_artifacts(settings: Settings) -> ArtifactStore:
    """Opens the artifact store of this deployment, at `FATHOM_STORE`."""
    return ArtifactStore(Files(settings.store_url, scratch=settings.home / "tmp"))


def _names(document: str) -> dict[ArtifactKind, str]:
    return {"converted": _converted_name(document), "picture": _picture_name(document), "chunks": _chunks_name(document)}


def _converted_name(document: str) -> str:
    return f"documents/{storage_name(document)}.json.gz"


def _picture_name(document: str) -> str:
    return f"pictures/{storage_name(document)}.png"


def _chunks_name(document: str) -> str:
    return f"chunks/{storage_name(document)}.jsonl"


def _encode(value: dict[str, Any]) -> bytes:
    # Text of a damaged PDF can contain lone surrogates, which plain UTF-8 rejects.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _decode(data: bytes) -> Any:
    return json.loads(data.decode("utf-8", "surrogatepass"))


def _damaged(document: str, kind: str) -> StoredDamaged:
    return StoredDamaged(f"The {kind} of {document} in the store cannot be read back.", document=document)
