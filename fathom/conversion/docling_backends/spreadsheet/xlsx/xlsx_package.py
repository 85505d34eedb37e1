"""Opens the parts of an OOXML package and follows their relations, in the transitional and the strict form."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZipFile

from docling.backend.utils.archive_limits import read_member
from lxml import etree

from fathom.conversion.docling_backends.spreadsheet.sheet_elements import local_name

# Parts are read whole except sheets and strings, which are streamed.
MAX_PART_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PartRelation:
    """A relationship of a part: the last segment of its type, and its target part or address."""

    id: str
    kind: str
    target: str
    external: bool


class WorkbookPackage:
    """The parts of a workbook's archive."""

    def __init__(self, stream: BytesIO) -> None:
        self.archive = ZipFile(stream)
        self._names = {name.lower(): name for name in self.archive.namelist()}
        self._relations: dict[str, tuple[PartRelation, ...]] = {}

    def name_of(self, path: str) -> str | None:
        """Returns the member's name as the archive spells it; None if it is missing."""
        return self._names.get(path.lstrip("/").lower())

    def root(self, path: str) -> etree._Element | None:
        """Returns the root element of a part; None if it is missing or no XML."""
        name = self.name_of(path)
        if name is None:
            return None
        parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
        try:
            return etree.fromstring(read_member(self.archive, name, MAX_PART_BYTES), parser)
        except etree.XMLSyntaxError:
            return None

    def stream(self, path: str, *names: str) -> Iterator[etree._Element]:
        """Yields the part's elements of these names as they end; each is cleared afterwards."""
        name = self.name_of(path)
        if name is None:
            return
        with self.archive.open(name) as source:
            tags = tuple(f"{{*}}{name}" for name in names)
            for _, element in etree.iterparse(source, tag=tags, resolve_entities=False, load_dtd=False, no_network=True):
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]

    def relations(self, path: str) -> tuple[PartRelation, ...]:
        """Returns the relations of a part."""
        if path not in self._relations:
            folder, name = posixpath.split(path.lstrip("/"))
            self._relations[path] = tuple(self._read_relations(folder, f"{folder}/_rels/{name}.rels".lstrip("/")))
        return self._relations[path]

    def related(self, path: str, kind: str) -> list[str]:
        """Returns the paths of the parts that relate to a part as `kind`."""
        return [relation.target for relation in self.relations(path) if relation.kind.lower() == kind.lower()]

    def _read_relations(self, folder: str, path: str) -> Iterator[PartRelation]:
        root = self.root(path)
        for element in root if root is not None else ():
            target = element.get("Target")
            if local_name(element) != "Relationship" or target is None:
                continue
            external = element.get("TargetMode") == "External"
            if not external:
                target = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            yield PartRelation(element.get("Id", ""), element.get("Type", "").rpartition("/")[2], target, external)
