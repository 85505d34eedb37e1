"""Scans are read in the languages that are named: what cannot be read is refused, what is in none of them is a stain."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.engines.conversion_engine import convert_with
from fathom.conversion.engines.docling_converter import docling_converter
from fathom.conversion.engines.docling_result import convert_by_docling
from fathom.conversion.engines.engine_choice import Backend
from fathom.conversion.geometric.ocr import text_recognition
from fathom.conversion.geometric.ocr.ocr_languages import READ, is_foreign, ocr_languages, require_readable
from fathom.conversion.geometric.ocr.text_recognition import RecognizedLine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument
from fathom.conversion.service.converter_client import ConverterClient
from fathom.errors import SettingsInvalid
from fathom.settings import Settings


def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.png"
    image = Image.new("RGB", (900, 400), "white")
    font = ImageFont.load_default(size=48)
    ImageDraw.Draw(image).text((40, 60), "Water rises in the harbour", fill="black", font=font)
    ImageDraw.Draw(image).text((40, 240), "and the pumps are at work", fill="black", font=font)
    image.save(path, dpi=(150, 150))
    return path


def convert(path: Path, languages: tuple[str, ...] = ()) -> ConvertedDocument:
    inspection = inspect_file(path, max_bytes=10**7, max_pages=9)
    converter = docling_converter(languages)
    return convert_with(
        lambda: convert_by_docling(converter, path, inspection, None), path, inspection, version="v", converter="x"
    )


def test_tags_are_read_as_they_are_written() -> None:
    assert ocr_languages(None) == ocr_languages(" , ") == ()
    assert ocr_languages("en, de-AT,en,zh-Hans") == ("en", "de-AT", "zh-Hans")
    with pytest.raises(SettingsInvalid, match="English"):
        ocr_languages("en,English!")


def test_a_language_nobody_here_reads_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A line.")
    client = ConverterClient(Settings(home=tmp_path / "h", ocr_languages="en,ar"))
    with pytest.raises(SettingsInvalid, match="names ar") as raised:
        client.convert(tmp_path / "a.txt", version="v")
    assert "docling-serve" in raised.value.what_to_do
    require_readable(["ar"], Backend.SERVE)
    require_readable(["de-AT", "zh-Hant"], Backend.EMBEDDED)


def test_what_is_said_to_be_read_is_what_the_weights_were_made_for() -> None:
    import rapidocr
    import yaml

    routes = yaml.safe_load((Path(rapidocr.__file__).parent / "default_models.yaml").read_text())
    names = set(routes["model_routes"]["_defs"]["ppocrv6_langs"])
    assert READ - {"zh", "ja"} <= names
    assert {"ch", "japan"} <= names


def test_other_languages_replace_the_converter() -> None:
    one, other = (ConverterSettings.of(Settings(home=Path("/tmp/a"), ocr_languages=tags)) for tags in ("en", "en,de"))
    assert one.fingerprint() != other.fingerprint()


@pytest.mark.parametrize(
    ("line", "languages", "foreign"),
    [
        ("水位上升", ("en",), True),
        ("水位上升", (), False),
        ("水位上升", ("en", "ja"), False),
        ("Pump 3 of 水", ("en",), False),
        ("—", ("en",), False),
    ],
)
def test_a_line_in_none_of_the_languages_is_a_stain(line: str, languages: tuple[str, ...], foreign: bool) -> None:
    assert is_foreign(line, languages) is foreign


def test_each_line_keeps_the_confidence_it_was_read_with(tmp_path: Path) -> None:
    made = convert(scan(tmp_path))
    assert [line.text for line in made.ocr_lines] == ["Water rises in the harbour", "and the pumps are at work"]
    assert all(0.5 <= line.confidence <= 1 and line.page == 1 for line in made.ocr_lines)
    first, second = (line.box for line in made.ocr_lines)
    assert first[1] < first[3] <= second[1] < second[3]
    assert made.report.ocr_lines == 2
    assert ConvertedDocument.model_validate_json(made.model_dump_json()).ocr_lines == made.ocr_lines


def test_doubtful_lines_are_counted_and_stains_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        RecognizedLine("Water rises", (40, 60, 400, 110), 0.95),
        RecognizedLine("and tbe purnps", (40, 160, 400, 210), 0.6),
        RecognizedLine("水位上升", (40, 260, 400, 310), 0.55),
    ]
    monkeypatch.setattr(text_recognition, "read_text", lambda image, threads: lines)
    made = convert(scan(tmp_path), ("en",))
    assert [(line.text, line.confidence) for line in made.ocr_lines] == [("Water rises", 0.95), ("and tbe purnps", 0.6)]
    assert (made.report.ocr_lines, made.report.ocr_doubtful_lines) == (2, 1)
    assert "水" not in made.markdown
    assert convert(scan(tmp_path)).report.ocr_lines == 3
