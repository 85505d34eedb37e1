"""Books are read whole though their packages break the rules: no mimetype, no spine, other namespaces, other capitals."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="{}"/></rootfiles>'
    "</container>"
)
PACKAGE = (
    '<package xmlns="{space}" version="2.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Tides</dc:title>'
    '</metadata><manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    '<item id="a" href="{href}" media-type="application/xhtml+xml"/></manifest><spine>{spine}</spine></package>'
)
SPACE = "http://www.idpf.org/2007/opf"
PAGE = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'
SPINE = '<itemref idref="a"/>'


def shown(tmp_path: Path, members: dict[str, str | bytes], *, mimetype: bool = True) -> str:
    path = tmp_path / "a.epub"
    with zipfile.ZipFile(path, "w") as archive:
        if mimetype:
            archive.writestr("mimetype", "application/epub+zip")
        for name, content in members.items():
            archive.writestr(name, content)
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**7, max_pages=100), version="0" * 64).markdown


def members(href: str = "a.xhtml", name: str = "a.xhtml", *, space: str = SPACE, spine: str = SPINE) -> dict[str, str | bytes]:
    return {
        "META-INF/container.xml": CONTAINER.format("OPS/a.opf"),
        "OPS/a.opf": PACKAGE.format(space=space, href=href, spine=spine),
        "OPS/nav.xhtml": PAGE.format("<nav><ol><li><a href='a.xhtml'>Flood</a></li></ol></nav>"),
        f"OPS/{name}": PAGE.format("<h1>Flood</h1><p>Water rises.</p>"),
    }


@pytest.mark.parametrize(
    "broken",
    [
        members(space="http://openebook.org/namespaces/oeb-package/1.0/"),
        members(space=""),
        members(spine=""),
        members(name="A.XHTML"),
        members(href="chapter%201.xhtml", name="chapter 1.xhtml"),
        members(href="50%25.xhtml", name="50%.xhtml"),
        members(href="a%20b.xhtml", name="a%20b.xhtml"),
        members(href="a.xhtml#top"),
    ],
    ids=["old namespace", "no namespace", "no spine", "capitals", "escaped", "percent sign", "escaped in archive", "anchor"],
)
def test_chapters_are_found_whatever_the_package_says(tmp_path: Path, broken: dict[str, str | bytes]) -> None:
    assert shown(tmp_path, broken) == "# Tides\n\n## Flood\n\nWater rises."


def test_a_book_without_a_mimetype_or_a_container_is_one(tmp_path: Path) -> None:
    whole = members()
    assert shown(tmp_path, whole, mimetype=False) == "# Tides\n\n## Flood\n\nWater rises."
    del whole["META-INF/container.xml"]
    assert shown(tmp_path, whole) == "# Tides\n\n## Flood\n\nWater rises."


def test_quotation_marks_of_windows_in_latin_1_are_read(tmp_path: Path) -> None:
    page = '<?xml version="1.0" encoding="iso-8859-1"?>' + PAGE.format("<p>Caf\u00e9 &mdash; \u0093yes\u0094</p>")
    assert "Café — “yes”" in shown(tmp_path, {**members(), "OPS/a.xhtml": page.encode("latin-1")})


def test_a_fallback_beside_a_formula_is_not_read_again(tmp_path: Path) -> None:
    switch = (
        '<e:switch xmlns:e="http://www.idpf.org/2007/ops"><e:case><math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi>'
        "</math></e:case><e:default><p>x as a picture</p></e:default></e:switch>"
    )
    found = shown(tmp_path, {**members(), "OPS/a.xhtml": PAGE.format(f"<p>So</p>{switch}")})
    assert "$x$" in found
    assert "picture" not in found
