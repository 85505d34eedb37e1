"""Repairs Office packages that Office opens but python-docx and python-pptx refuse.

Both libraries (python-docx 1.2, python-pptx 1.0.2) refuse templates, slide shows and files with macros by their content type,
documents with a document inside (altChunk), and relationships to parts that are not there; python-pptx refuses the strict
form of the format, too. Not needed once docling 2.142.1's successors open all of them.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from docling.backend.msword_backend import _STRICT_OOXML_NS_RE, _strict_ns_to_transitional
from lxml import etree

WORD_MAIN: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SLIDES_MAIN: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"

_TYPES, _ROOT = "[Content_Types].xml", "_rels/.rels"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CT, _RELATION = f"{{{_PACKAGE}/content-types}}", f"{{{_PACKAGE}/relationships}}Relationship"
_KINDS_OF_MAIN = re.compile(
    r"application/vnd\.(?:openxmlformats-officedocument\.(?:wordprocessingml|presentationml)|ms-word|ms-powerpoint)"
    r"\.[\w.]+(?:\+xml)?",
    re.I,
)
_MAIN_ENDING = ".main+xml"
_UNKNOWN = "application/octet-stream"
_PLAIN_TYPES: Final = {
    "rels": "application/vnd.openxmlformats-package.relationships+xml",
    "xml": "application/xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "emf": "image/x-emf",
    "wmf": "image/x-wmf",
}
_STRICT = b"purl.oclc.org/ooxml"
_PARSER = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)


def repair_package(source: BytesIO | Path, main_type: str) -> BytesIO | Path:
    """Returns the package unchanged if the libraries open it, else an equivalent package that they open.

    `main_type` is the content type that the library expects of the main part. A source that is no ZIP archive is returned
    unchanged, so that its reader reports the error. The caller has checked the bounds of the archive.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            changed = _changed_entries(archive, main_type)
            if not changed:
                return _rewound(source)
            made = BytesIO()
            with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
                for name in dict.fromkeys([*archive.namelist(), *changed]):
                    target.writestr(name, changed[name] if name in changed else archive.read(name))
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, UnicodeDecodeError):
        return _rewound(source)
    made.seek(0)
    return made


def _rewound(source: BytesIO | Path) -> BytesIO | Path:
    if isinstance(source, BytesIO):
        source.seek(0)
    return source


def _changed_entries(archive: zipfile.ZipFile, main_type: str) -> dict[str, bytes]:
    """Returns the entries to change, by name."""
    names = set(archive.namelist())
    changed: dict[str, bytes] = {}
    if _ROOT in names and _STRICT in archive.read(_ROOT):
        for name in names:
            content = archive.read(name) if name.endswith((".xml", ".rels")) else b""
            if _STRICT in content:
                changed[name] = _transitional(content)
    main = _main_part(changed.get(_ROOT) or archive.read(_ROOT)) if _ROOT in names else ""
    for name in names:
        if name.endswith(".rels"):
            kept = _without_dead_ends(name, changed.get(name) or archive.read(name), names)
            if kept is not None:
                changed[name] = kept
    declared = archive.read(_TYPES) if _TYPES in names else f'<Types xmlns="{_PACKAGE}/content-types"/>'.encode()
    types = _types(declared, names, main, main_type)
    if types is not None:
        changed[_TYPES] = types
    return changed


def _transitional(content: bytes) -> bytes:
    text = content.decode("utf-8")
    return str(_STRICT_OOXML_NS_RE.sub(lambda found: _strict_ns_to_transitional(found.group(0)), text)).encode("utf-8")


def _main_part(relations: bytes) -> str:
    for relation in etree.fromstring(relations, _PARSER).iter(_RELATION):
        if relation.get("Type", "").endswith("/officeDocument"):
            return str(relation.get("Target", "")).lstrip("/")
    return ""


def _without_dead_ends(name: str, content: bytes, names: set[str]) -> bytes | None:
    """Returns the relationships without those to parts that are not in the package; None if no target is missing."""
    root = etree.fromstring(content, _PARSER)
    folder = posixpath.dirname(posixpath.dirname(name))
    dead = [
        relation
        for relation in root.iter(_RELATION)
        if relation.get("TargetMode") != "External" and not _exists(relation.get("Target", ""), folder, names)
    ]
    for relation in dead:
        parent = relation.getparent()
        if parent is not None:
            parent.remove(relation)
    return _written(root) if dead else None


def _exists(target: str, folder: str, names: set[str]) -> bool:
    path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
    return path in names or unquote(path) in names


def _types(content: bytes, names: set[str], main: str, main_type: str) -> bytes | None:
    """Returns the content types with `main_type` for the main part only, and with a type for every part."""
    root = etree.fromstring(content, _PARSER)
    is_changed = has_main = False
    known: set[str] = set()
    for entry in root:
        part = entry.get("PartName", "").lstrip("/")
        kind = entry.get("ContentType", "")
        if entry.tag == f"{_CT}Default":
            known.add(entry.get("Extension", "").lower())
        wanted = kind
        if part and part == main:
            has_main, wanted = True, main_type
        elif kind == main_type or (part and _is_main_of_another(kind)):
            wanted = _UNKNOWN
        if wanted != kind:
            entry.set("ContentType", wanted)
            is_changed = True
    if main and not has_main and main in names:
        _add(root, "Override", PartName=f"/{main}", ContentType=main_type)
        is_changed = True
    overridden = {entry.get("PartName", "").lstrip("/") for entry in root}
    for name in sorted(names - overridden):
        extension = posixpath.splitext(name)[1].lstrip(".").lower()
        if extension and extension not in known and name != _TYPES:
            known.add(extension)
            _add(root, "Default", Extension=extension, ContentType=_PLAIN_TYPES.get(extension, _UNKNOWN))
            is_changed = True
        elif not extension and not name.endswith("/"):
            _add(root, "Override", PartName=f"/{name}", ContentType=_UNKNOWN)
            is_changed = True
    return _written(root) if is_changed else None


def _is_main_of_another(kind: str) -> bool:
    return bool(_KINDS_OF_MAIN.fullmatch(kind)) and kind.lower().endswith(_MAIN_ENDING)


def _add(root: Any, tag: str, **attributes: str) -> None:
    root.append(root.makeelement(f"{_CT}{tag}", attrib=attributes, nsmap=None))


def _written(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
