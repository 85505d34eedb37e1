"""A page has bounds of depth, size and time, whatever it does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fathom.conversion.engines import docling_formats
from fathom.conversion.engines.docling_formats import source_bytes
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.errors import DocumentTooLarge
from tests.fathom.conversion.docling_backends.html_pages import markdown, page_of

pytestmark = pytest.mark.hostile


@pytest.mark.parametrize("tag", ["div", "font", "b", "blockquote", "ul><li", "table><tr><td", "dl><dd", "section"])
def test_no_word_is_lost_however_deep_it_stands(tag: str) -> None:
    read = markdown("<p>first</p>" + f"<{tag}>" * 5000 + "deepest")
    assert (read.startswith("first"), "deepest" in read) == (True, True)


def test_tables_keep_their_rows_in_tags_that_are_never_closed() -> None:
    html = "".join(f"<font><p>Part {number}" for number in range(400)) + "<table><tr><td>Iron<td>14<tr><td>Zinc<td>9</table>"
    assert "| Zinc | 9 |" in markdown(html)


@pytest.mark.parametrize(
    "piece",
    [
        "<p>Paragraph of the page about <b>tides</b> and <a href='/x'>locks</a>.</p>",
        "word <b>bold</b> and <a href='/x'>link</a> ",
        "<li>Item of the list</li>",
        "<table><tr><th>A<th>B<tr><td>1<td>2</table>",
        "<tr><td>1<td>name<td>value",
        "<span hidden>x</span>text",
        "<sup><a href='#n'>1</a></sup>x",
        "<dt>term<dd>meaning",
        "<p a=1 b=2 class='nav cookie'>text",
    ],
)
def test_ten_times_the_page_takes_about_ten_times_as_long(piece: str) -> None:
    def seconds(count: int) -> float:
        html = piece * count
        started = time.process_time()
        page_of(html)
        return time.process_time() - started

    seconds(100)
    short = min(seconds(1000) for _ in range(3))
    assert seconds(10_000) < 40 * short + 0.2


def test_an_element_of_countless_attributes_is_read() -> None:
    assert markdown("<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">text</p>") == "text"


def test_a_page_of_more_than_can_be_held_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docling_formats, "MAX_BLOCKS", 100)
    path = tmp_path / "a.html"
    path.write_text("<html><body>" + "<p>x" * 101, "utf-8")
    with pytest.raises(DocumentTooLarge, match="101 paragraphs"):
        EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**6, max_pages=9), version="v")


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        ("<meta charset=koi8-r>", "koi8-r"),
        ("<meta charset=iso-8859-7>", "iso-8859-7"),
        ('<meta charset="utf-16">', "utf-8"),
    ],
)
def test_a_page_is_in_the_encoding_that_it_names(tmp_path: Path, head: str, codec: str) -> None:
    text = "Νερό" if codec == "iso-8859-7" else "Шлюз"
    path = tmp_path / "a.html"
    path.write_bytes(f"<html><head>{head}</head><body>{text}</body></html>".encode(codec))
    inspection = inspect_file(path, max_bytes=10**6, max_pages=9)
    assert text in source_bytes(path, inspection).getvalue().decode("utf-8")


@pytest.mark.parametrize(
    ("named", "codec", "text"),
    [
        ("iso-8859-1", "cp1252", "Ça coûte 5 € – “déjà”"),
        ("latin1", "cp1252", "l’été"),
        ("iso-8859-9", "cp1254", "İş “günü”"),
        ("big5", "big5hkscs", "繁體中文裏"),
        ("shift_jis", "cp932", "①東京～"),
        ("gb2312", "gb18030", "镕𠮷字"),
        ("ks_c_5601-1987", "cp949", "똠방각하"),
        ("windows-31j", "cp932", "髙島"),
    ],
)
def test_names_of_encodings_mean_what_browsers_take_them_for(tmp_path: Path, named: str, codec: str, text: str) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(f"<html><head><meta charset={named}></head><body>{text}</body></html>".encode(codec))
    inspection = inspect_file(path, max_bytes=10**6, max_pages=9)
    assert text in source_bytes(path, inspection).getvalue().decode("utf-8")


def test_xhtml_is_read_as_xml_and_html_that_only_looks_like_it_as_html() -> None:
    xhtml = (
        "<html xmlns='http://www.w3.org/1999/xhtml'><head><title/><script src='x'/></head><body><p><a id='x'/>Salt&nbsp;sea</p>"
    )
    assert markdown(f"{xhtml}</body></html>") == "Salt sea"
    assert markdown(f"{xhtml}<br></body></html>") == "Salt sea"
