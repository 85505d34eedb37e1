"""Code keeps its lines, notebooks show cells and outputs, subtitles become paragraphs of speech."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fathom.chunking.chunker import chunk_document
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument, DocumentKind


def read(path: Path, text: str, name: str) -> ConvertedDocument:
    file = path / name
    file.write_text(text, "utf-8")
    return EmbeddedEngine().convert_file(file, inspect_file(file, max_bytes=10**8, max_pages=10), version="0" * 64)


def notebook(path: Path, cells: list[dict[str, Any]], **more: Any) -> ConvertedDocument:
    return read(path, json.dumps({"cells": cells, "nbformat": 4, "metadata": {}, **more}), "a.ipynb")


def code_cell(*outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": ["x = 1\n", "x"], "outputs": list(outputs)}


def shown(**data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {key.replace("_", "/", 1): value for key, value in data.items()}}


TRACEBACK = ["\x1b[31mline 1\x1b[0m", "ValueError: bad"]
CODE = "#!/bin/sh\n# Options\n\n\nif true; then\n\techo '# no heading'   \n    * * *\nfi\n"


def test_code_keeps_lines_indentation_and_blank_lines(tmp_path: Path) -> None:
    found = read(tmp_path, CODE, "a.sh")
    assert found.report.kind is DocumentKind.CODE
    assert found.markdown == "```bash\n#!/bin/sh\n# Options\n\n\nif true; then\n\techo '# no heading'\n    * * *\nfi\n```"
    chunks = chunk_document(found, document="t/a", max_tokens=400, count_tokens=lambda text: len(text.split())).chunks
    assert [chunk.text for chunk in chunks] == [CODE.strip("\n").replace("   \n", "\n")]


def test_logs_lose_the_colours_of_terminals(tmp_path: Path) -> None:
    found = read(tmp_path, "\x1b[32m2024-05-01 10:00:00\x1b[0m INFO a\r\n2024-05-01 10:00:01 INFO b\r\n", "a.log")
    assert found.markdown == "```\n2024-05-01 10:00:00 INFO a\n2024-05-01 10:00:01 INFO b\n```"


def test_code_in_fences_of_its_own_stays_within_its_fence(tmp_path: Path) -> None:
    assert read(tmp_path, 's = """\n```\n"""\n', "a.py").markdown.startswith("````")


def test_markdown_cells_are_markdown_and_code_cells_code(tmp_path: Path) -> None:
    found = notebook(
        tmp_path, [{"cell_type": "markdown", "source": "# Tides\n\nun**believ**able[^1]\n\n[^1]: Note."}, code_cell()]
    )
    assert found.markdown == "# Tides\n\nunbelievable[^1]\n\n[^1]: Note.\n\n```python\nx = 1\nx\n```"


def test_an_open_fence_in_a_cell_ends_with_the_cell(tmp_path: Path) -> None:
    found = notebook(
        tmp_path, [{"cell_type": "markdown", "source": "```\nopen"}, {"cell_type": "markdown", "source": "# After"}]
    )
    assert found.markdown == "```\nopen\n```\n\n# After"


def test_outputs_are_text_tables_and_named_pictures(tmp_path: Path) -> None:
    picture = "iVBORw0KGgo" * 100
    found = notebook(
        tmp_path,
        [
            code_cell(
                {"output_type": "stream", "name": "stdout", "text": ["10%\r", "100%\n", "  done\n"]},
                shown(text_html="<style>p{}</style><table><tr><th>a</th></tr><tr><td>1.5</td></tr></table>", text_plain="a"),
                shown(image_png=picture, text_plain="<Figure size 6x4>"),
                shown(image_jpeg=picture),
                shown(text_markdown="**bold** words"),
                shown(text_latex="$$x^2$$"),
                {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": TRACEBACK},
            )
        ],
    )
    text = found.markdown
    ordered = (
        "x = 1",
        "100%\n  done",
        "| a |",
        "| 1.5 |",
        "Figure size 6x4",
        "Output (image/jpeg)",
        "bold",
        "x^2",
        "line 1\nVal",
    )
    places = [text.index(said) for said in ordered]
    assert places == sorted(places)
    assert text.count("ValueError: bad") == 1
    for left in ("iVBOR", "10%\r", "style", "[31m"):
        assert left not in text
    assert len(found.document["pictures"]) == 2


def test_notebooks_of_format_3_are_read(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Tides"]},
        {"cell_type": "code", "language": "python", "input": ["1 + 1"], "outputs": [{"output_type": "pyout", "text": ["2"]}]},
    ]
    found = read(tmp_path, json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3, "metadata": {}}), "a.ipynb")
    assert found.markdown == "## Tides\n\n```python\n1 + 1\n```\n\n```\n2\n```"


@pytest.mark.parametrize(
    "text", ['{"cells": [ broken', '{"cells": 5, "nbformat": 4}', '{"cells": [7, {"a": 1}]}', "{" + '"a":[' * 3000]
)
def test_what_is_no_notebook_is_text(tmp_path: Path, text: str) -> None:
    assert text.strip()[:12] in read(tmp_path, text, "a.ipynb").markdown


CUES = {
    "a.srt": [
        (
            "1\n00:00:01,000 --> 00:00:02,000\n<i>One</i>\ntwo\n\n2\n00:00:02,100 --> 00:00:03,000\nthree.\n",
            ["[00:00:01] One two three."],
        ),
        ("1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:02,000 --> 00:00:03,000\ntwo\n", ["[00:00:01] One two"]),
        ("00:00:01.000 --> 00:00:02.000\nOne\n\n01:00:09,5 --> 01:00:10,000\n1984\n", ["[00:00:01] One", "[01:00:09] 1984"]),
        ("1\n00:00:01,000 --> 00:00:02,000\n- Who?\n- RUTH: Me.\n", ["[00:00:01] - Who?", "[00:00:01] RUTH: Me."]),
    ],
    "a.vtt": [
        (
            "WEBVTT\n\nNOTE left\nout\n\n00:01.000 --> 00:02.000\n<v Ruth>One\n\n00:02.000 --> 00:03.000\n<v Ruth>two\n\n"
            "00:03.000 --> 00:04.000\n<v Per>3 &lt; 4\n",
            ["[00:00:01] Ruth: One two", "[00:00:03] Per: 3 < 4"],
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ruth>One\n\n00:02.000 --> 00:03.000\nwho knows\n\n"
            "00:03.000 --> 00:04.000\n<v Ruth>two\n",
            ["[00:00:01] Ruth: One", "[00:00:02] who knows", "[00:00:03] Ruth: two"],
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\nso we\n\n00:02.000 --> 00:02.010\nso we\n\n"
            "00:02.010 --> 00:04.000\nso we\ngo<00:03.000><c> out</c>\n",
            ["[00:00:01] so we go out"],
        ),
        ("WEBVTT - Harbour\nKind: captions\n\n1:00:01.000 --> 1:00:02.000\n你好\n", ["# Harbour", "[01:00:01] 你好"]),
    ],
    "a.sbv": [("0:00:01.000,0:00:02.000\nOne\n\n0:00:02.000,0:00:03.000\ntwo\n", ["[00:00:01] One two"])],
}


@pytest.mark.parametrize(("name", "text", "said"), [(name, *case) for name, cases in CUES.items() for case in cases])
def test_subtitles_are_paragraphs_with_time_and_speaker(tmp_path: Path, name: str, text: str, said: list[str]) -> None:
    found = read(tmp_path, text, name)
    assert found.report.kind is DocumentKind.SUBTITLES
    assert found.markdown.replace("\\", "").split("\n\n") == said


def test_long_speech_is_parted_at_the_ends_of_sentences(tmp_path: Path) -> None:
    cues = "".join(
        f"{n}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\nThis is sentence number {n} of a talk.\n\n" for n in range(1, 50)
    )
    paragraphs = read(tmp_path, cues, "a.srt").markdown.split("\n\n")
    assert 3 <= len(paragraphs) <= 6
    assert all(paragraph.startswith("[00:00:") and paragraph.endswith(".") for paragraph in paragraphs)


def test_no_subtitle_is_plain_text(tmp_path: Path) -> None:
    assert read(tmp_path, "WEBVTT\n\nnothing timed here\n", "a.vtt").markdown.endswith("nothing timed here")


SCRIPT = (
    "[Script Info]\nTitle: Tides\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:01:03.50,0:01:05.00,Default,,0,0,0,,Bye, all\n"
    "Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a comment\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,Ana,0,0,0,,{\\i1}Hello{\\i0}, boats\\Nand nets\n"
    "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\p1}m 0 0 l 10 10{\\p0}\n"
)
TIMED_TEXT = (
    '<?xml version="1.0" encoding="utf-8"?><tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"'
    ' xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25" ttp:tickRate="10"><head><metadata><ttm:title>Tides'
    '</ttm:title><ttm:agent xml:id="a"><ttm:name>Ana</ttm:name></ttm:agent></metadata></head><body><div begin="60s">'
    '<p begin="1.5s" end="3s" ttm:agent="a">Hello <span>boats<br/>and</span> nets</p><p begin="00:00:30:10" dur="500ms">Bye</p>'
    '<p begin="900t" end="910t">Last</p></div></body></tt>'
)


@pytest.mark.parametrize("name", ["a.ass", "a.txt"])
def test_scripts_of_subtitles_are_read_in_time_without_codes_and_drawings(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, SCRIPT, name)
    assert found.markdown == "[00:00:01] Ana: Hello, boats and nets\n\n[00:01:03] Bye, all"
    assert (found.report.kind, found.report.text_recall) == (DocumentKind.SUBTITLES, 1.0)


@pytest.mark.parametrize("name", ["a.ttml", "a.dfxp", "a.xml"])
def test_timed_text_is_read_with_its_clocks_and_speakers(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, TIMED_TEXT, name)
    assert found.markdown == "# Tides\n\n[00:01:01] Ana: Hello boats and nets\n\n[00:01:30] Bye\n\n[00:02:30] Last"
    assert found.report.text_recall == 1.0


def test_subtitles_without_arrows_are_compared_with_their_source(tmp_path: Path) -> None:
    found = read(tmp_path, "0:00:01.000,0:00:02.000\nHello there\n\n0:00:13.000,0:00:14.000\nBye\n", "a.sbv")
    assert (found.report.reference_words, found.report.text_recall) == (3, 1.0)


def test_what_stands_for_an_object_gives_way_to_what_it_shows(tmp_path: Path) -> None:
    outputs = [
        shown(text_html="<b>Nine</b> boats", text_plain="<IPython.core.display.HTML object>"),
        shown(text_latex="$\\displaystyle x^{2}$", text_plain="x**2"),
        shown(application_json={"a": 1}, text_plain="<IPython.core.display.JSON object>"),
    ]
    found = notebook(tmp_path, [code_cell(*outputs)])
    assert found.markdown.split("\n\n", 1)[1] == '**Nine** boats\n\n$$x^{2}$$\n\n```json\n{\n "a": 1\n}\n```'
    assert found.report.lost_text == []
