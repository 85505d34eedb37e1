"""What headers and footers say, and the text does not, is kept once: a letter's head, the name of a part."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.fathom.conversion.docling_backends.office_files import (
    WORD_NAMES,
    converted,
    open_paragraph,
    open_text,
    paragraph,
    run,
    said,
    word,
)

_REFERENCE = '<w:{}Reference w:type="{}" r:id="{}"/>'


def _part(kind: str, *blocks: str) -> str:
    return f"<w:{kind} {WORD_NAMES}>{''.join(blocks)}</w:{kind}>"


def _letter(path: Path, body: str, **parts: str) -> Path:
    """Writes a document of one section; the names of the parts are header1, footer2 …"""
    types = ("default", "first")
    references = "".join(_REFERENCE.format(name.rstrip("0123456789"), types[int(name[-1]) - 1], name) for name in sorted(parts))
    made = {f"{name}.xml": _part("hdr" if name.startswith("header") else "ftr", content) for name, content in parts.items()}
    word(path, f"{body}<w:sectPr>{references}<w:titlePg/></w:sectPr>", made)
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    more = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{kind}.{name.rstrip("0123456789")}+xml"/>' for name in parts
    )
    entries["[Content_Types].xml"] = entries["[Content_Types].xml"].replace(b"</Types>", f"{more}</Types>".encode())
    with zipfile.ZipFile(path, "w") as written:
        for name, content in entries.items():
            written.writestr(name, content)
    return path


def test_headers_stand_before_the_text_and_footers_behind_it_each_once(tmp_path: Path) -> None:
    path = _letter(
        tmp_path / "a.docx",
        paragraph("Dear Ms Berg, the crane is mended."),
        header1=paragraph("Kelda Port Trust, 4 Quay Street"),
        header2=paragraph("Kelda Port Trust, 4 Quay Street") + paragraph("First sheet"),
        footer1=paragraph("Registered in Molde"),
    )
    for text in said(converted(path)):
        at = [text.index(part) for part in ("4 Quay Street", "Dear Ms Berg", "Registered in Molde")]
        assert at == sorted(at)
        assert text.index("First sheet") < text.index("Dear Ms Berg")
        assert text.count("4 Quay Street") == 1


def test_page_numbers_prompts_and_what_the_text_says_itself_stay_apart(tmp_path: Path) -> None:
    prompt = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{paragraph('[Type here]')}</w:sdtContent></w:sdt>"
    path = _letter(
        tmp_path / "a.docx",
        paragraph("Report on cranes") + paragraph("All is well."),
        header1=paragraph("REPORT ON CRANES") + prompt,
        footer1=f'<w:p>{run("Page ")}<w:fldSimple w:instr="PAGE">{run("3")}</w:fldSimple>{run(" of 9")}</w:p>',
        footer2=paragraph("- 1 -"),
    )
    for text in said(converted(path)):
        assert text == "Report on cranes All is well."


def test_headers_of_opendocument_are_kept_once(tmp_path: Path) -> None:
    path = open_text(tmp_path / "a.odt", open_paragraph("The crane is mended."))
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    head = "<style:header><text:p>Kelda Port Trust</text:p></style:header>"
    foot = "<style:footer><text:p>Page <text:page-number>1</text:page-number></text:p></style:footer>"
    page = f'<style:master-page style:name="Standard">{head}{foot}</style:master-page>'
    master = f"<office:master-styles>{page}</office:master-styles>"
    entries["styles.xml"] = entries["styles.xml"].replace(b"<office:master-styles/>", master.encode())
    with zipfile.ZipFile(path, "w") as written:
        for name, content in entries.items():
            written.writestr(name, content)
    for text in said(converted(path)):
        assert text == "Kelda Port Trust The crane is mended."
