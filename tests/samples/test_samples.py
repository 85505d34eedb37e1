"""The samples can be made again, are small, and are joined by the names that samples/README.md lists."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import zipfile
from email import message_from_bytes, policy
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from fathom.settings import PROJECT_ROOT

SAMPLES = PROJECT_ROOT / "samples"
SCAN = "founding-minutes-scan.pdf"
MADE = {
    "harbour-history.pdf",
    SCAN,
    "engineering-report.docx",
    "works-review.pptx",
    "budget.xlsx",
    "new-director.html",
    "oyster-field-notes.md",
    "handover-letter.eml",
}


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    subprocess.run([sys.executable, str(SAMPLES / "make_samples.py"), "--to", str(folder)], check=True, capture_output=True)
    return folder


def text_of(path: Path) -> str:
    """The words of a sample, by the plainest means there is; the scan's come from the script, since it has none."""
    if path.name == SCAN:
        story = (SAMPLES / "story.py").read_text(encoding="utf-8")
        found = story[story.index("MINUTES") : story.index("REPORT_TITLE")]
    elif path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            found = " ".join(page.get_textpage().get_text_range() for page in document)
    elif path.suffix == ".eml":
        letter = message_from_bytes(path.read_bytes(), policy=policy.default)
        found = f"{letter['From']} {letter['To']} {letter['Cc']} {letter['Subject']} {letter.get_content()}"
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            found = " ".join(
                archive.read(n).decode() for n in archive.namelist() if re.match(r"(word|ppt/(slides|notes)|xl)\b.*\.xml$", n)
            )
            found = html.unescape(re.sub(r"<[^>]+>", " ", found))
    else:
        found = html.unescape(path.read_text(encoding="utf-8"))
    return " ".join(found.split())


def joins() -> list[tuple[str, set[str]]]:
    """The names of the README's table and the files it says they are in."""
    rows = [
        line.strip("|").split("|") for line in (SAMPLES / "README.md").read_text(encoding="utf-8").splitlines() if "|" in line
    ]
    columns = [cell.strip() for cell in rows[0]][1:]
    return [(row[0].strip(), {f for f, mark in zip(columns, row[1:], strict=True) if mark.strip()}) for row in rows[2:]]


def test_there_are_eight_small_documents_of_eight_kinds() -> None:
    assert {path.name for path in SAMPLES.iterdir() if path.suffix not in (".py", "") and path.name != "README.md"} == MADE
    assert sum((SAMPLES / name).stat().st_size for name in MADE) < 400_000


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_sample_made_again_is_the_committed_one(name: str, made_again: Path) -> None:
    ours, again = SAMPLES / name, made_again / name
    if name == SCAN:  # another FreeType draws another pixel here and there
        pages = []
        for path in (ours, again):
            with pypdfium2.PdfDocument(path) as document:
                pages.append(document[0].render(scale=1).to_pil().convert("L"))
        assert mean_difference(*pages) < 2
    elif zipfile.is_zipfile(ours):  # another zlib packs otherwise
        assert members(again) == members(ours)
    elif name.endswith(".pdf"):
        assert text_of(again) == text_of(ours)
    else:
        assert again.read_bytes() == ours.read_bytes()


def mean_difference(one: Image.Image, other: Image.Image) -> float:
    return ImageStat.Stat(ImageChops.difference(one, other)).mean[0]


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_the_scan_has_no_text_of_its_own() -> None:
    with pypdfium2.PdfDocument(SAMPLES / SCAN) as document:
        assert document[0].get_textpage().get_text_range().strip() == ""


@pytest.mark.parametrize(("name", "files"), joins(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_name_stands_in_just_the_files_that_the_readme_says(name: str, files: set[str]) -> None:
    assert len(files) >= 2
    assert {path for path in MADE if name in text_of(SAMPLES / path)} == files


def test_the_change_of_director_is_told_by_several_files_with_its_dates() -> None:
    tellers = [name for name in MADE if re.search(r"(1 September 2023|2023-09-01)", text_of(SAMPLES / name))]
    assert len(tellers) >= 4
