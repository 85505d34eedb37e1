"""Office packages: their parts and the relationships between parts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from zipfile import ZipFile

from fathom.conversion.quality.source_words.office.sheet_rows import RowHandler, stream_rows
from fathom.conversion.quality.source_words.source_block import SourceBlock
from fathom.conversion.quality.source_words.xml_events import PIECE_BYTES, XmlEventHandler, stream

OVERLAP = 1_000
MAX_PART_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class PackageRelationship:
    """A part that another part names: the last word of the relation's type, the part's path, its id there."""

    kind: str
    target: str
    id: str


class OfficePackage:
    """The parts of an OOXML file by name, whatever their names' case."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._names = {name.lstrip("/").casefold(): name for name in archive.namelist()}

    def has(self, part: str) -> bool:
        """Returns whether there is such a part."""
        return part.casefold() in self._names

    def read(self, part: str, handler: XmlEventHandler) -> Iterator[SourceBlock]:
        """Feeds the part to the handler and yields its blocks; nothing where there is no such part."""
        name = self._names.get(part.casefold())
        if name is not None:
            with self._archive.open(name) as file:
                yield from stream(file, handler)

    def read_rows(self, part: str, handler: RowHandler) -> Iterator[SourceBlock]:
        """Feeds the sheet to the handler and yields its blocks; nothing where there is no such part."""
        name = self._names.get(part.casefold())
        if name is not None:
            with self._archive.open(name) as file:
                yield from stream_rows(file, handler)

    def content(self, part: str) -> bytes:
        """Returns the part's bytes; none where there is no such part, or it has more than `MAX_PART_BYTES`."""
        name = self._names.get(part.casefold())
        if name is None or self._archive.getinfo(name).file_size > MAX_PART_BYTES:
            return b""
        return self._archive.read(name)

    def search(self, part: str, word: bytes, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
        """Yields the first group of the pattern's matches in the part's bytes, where it is no longer than `OVERLAP`.

        `word` is in every match of the pattern, and is looked for first.
        """
        name = self._names.get(part.casefold())
        if name is None:
            return
        with self._archive.open(name) as file:
            rest = b""
            while piece := file.read(PIECE_BYTES):
                rest += piece
                end = 0
                for found in pattern.finditer(rest) if word in rest else ():
                    end = found.end()
                    yield found[1]
                rest = rest[max(end, len(rest) - OVERLAP) :]

    def relations(self, part: str) -> list[PackageRelationship]:
        """Returns the relationships of the part, in its order; of the package itself for an empty name."""
        folder, name = posixpath.split(part)
        handler = _Relations(folder)
        for _ in self.read(posixpath.join(folder, "_rels", f"{name}.rels"), handler):
            pass
        return handler.found

    def related(self, part: str, kind: str) -> list[str]:
        """Returns the parts that the part names by relations of the kind."""
        return [relation.target for relation in self.relations(part) if relation.kind == kind]

    def main_part(self) -> str:
        """Returns the part that the package is about; empty where it names none."""
        return next(iter(self.related("", "officeDocument")), "")


class NoBlocks:
    """A handler that only looks, and gives out nothing."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Ignores the element."""

    def end(self, name: str) -> None:
        """Ignores the element's end."""

    def text(self, text: str) -> None:
        """Ignores the text."""

    def take(self) -> list[SourceBlock]:
        """Returns nothing."""
        return []


class _Relations(NoBlocks):
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.found: list[PackageRelationship] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != "rel:Relationship" or attributes.get("TargetMode") == "External":
            return
        target = unquote(attributes.get("Target", ""))
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(self._folder, target))
        kind = attributes.get("Type", "").rpartition("/")[2]
        self.found.append(PackageRelationship(kind, path, attributes.get("Id", "")))
