"""Packages that Office opens are read, whatever python-docx and python-pptx say of them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pptx import Presentation

from fathom.errors import DocumentDamaged
from tests.fathom.conversion.docling_backends.office_files import OFFICE_RELATIONS, converted, paragraph, said, word

Entries = dict[str, bytes]
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_STRICT = {
    "http://schemas.openxmlformats.org/presentationml/2006/main": "http://purl.oclc.org/ooxml/presentationml/main",
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "http://purl.oclc.org/ooxml/wordprocessingml/main",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "http://purl.oclc.org/ooxml/drawingml/main",
    OFFICE_RELATIONS: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}


def _changed(path: Path, change: Callable[[Entries], None]) -> Path:
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return path


def _text(path: Path) -> Path:
    return word(path, paragraph("Lines of the berth"))


def _deck(path: Path) -> Path:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Lines of the berth"
    slide.notes_slide.notes_text_frame.text = "Say it twice"
    deck.save(str(path))
    return path


def _typed(wanted: str, kind: str) -> Callable[[Entries], None]:
    def change(entries: Entries) -> None:
        types = entries["[Content_Types].xml"].decode()
        assert wanted in types
        entries["[Content_Types].xml"] = types.replace(wanted, kind).encode()

    return change


def _related(kind: str, target: str) -> Callable[[Entries], None]:
    def change(entries: Entries) -> None:
        name = "word/_rels/document.xml.rels"
        more = f'<Relationship Id="more" Type="{OFFICE_RELATIONS}/{kind}" Target="{target}"/></Relationships>'
        entries[name] = entries[name].replace(b"</Relationships>", more.encode())

    return change


def _strict(entries: Entries) -> None:
    for name in [name for name in entries if name.endswith((".xml", ".rels")) and name != "[Content_Types].xml"]:
        text = entries[name].decode()
        for transitional, strict in _STRICT.items():
            text = text.replace(transitional, strict)
        entries[name] = text.encode()


def _of_no_known_type(entries: Entries) -> None:
    entries["word/media/scan.jxr"] = b"\x01"
    _related("image", "media/scan.jxr")(entries)


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
)
def test_templates_and_documents_with_macros_are_read(kind: str, tmp_path: Path) -> None:
    for found in said(converted(_changed(_text(tmp_path / "a.docm"), _typed(_WORD, kind)))):
        assert found == "Lines of the berth"


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
    ],
)
def test_slide_shows_and_templates_of_slides_are_read(kind: str, tmp_path: Path) -> None:
    for found in said(converted(_changed(_deck(tmp_path / "a.ppsx"), _typed(_SLIDES, kind)))):
        assert "Lines of the berth" in found
        assert "Say it twice" in found


@pytest.mark.parametrize("make", [_text, _deck])
def test_the_strict_form_of_the_format_is_read(make: Callable[[Path], Path], tmp_path: Path) -> None:
    for found in said(converted(_changed(make(tmp_path / "a.docx"), _strict))):
        assert "Lines of the berth" in found


@pytest.mark.parametrize(
    "change",
    [
        _related("image", "NULL"),
        _related("image", "../NULL"),
        _related("image", "media/gone.png"),
        _related("footnotes", "footnotes.xml"),
        _related("hyperlink", "#below"),
        _of_no_known_type,
        lambda entries: entries.pop("[Content_Types].xml"),
    ],
    ids=["null", "null above", "picture", "part", "anchor", "type", "types"],
)
def test_relationships_and_types_that_lead_nowhere_harm_no_text(change: Callable[[Entries], None], tmp_path: Path) -> None:
    for found in said(converted(_changed(_text(tmp_path / "a.docx"), change))):
        assert found == "Lines of the berth"


def test_a_main_part_that_is_no_xml_is_damage_by_name(tmp_path: Path) -> None:
    path = _changed(_text(tmp_path / "a.docx"), lambda entries: entries.update({"word/document.xml": b"<w:document"}))
    with pytest.raises(DocumentDamaged):
        converted(path)
