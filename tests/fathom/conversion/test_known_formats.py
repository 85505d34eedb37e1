"""Files are read as what the inspection found, whatever their first bytes or their prolog look like to docling."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fathom.conversion.docling_backends.sheet_files import converted

ARTICLE = (
    "<article><front><article-meta><title-group><article-title>On bridges</article-title></title-group></article-meta></front>"
    "<body><p>They stand. {}</p></body></article>"
)
DTD = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving DTD v1.2//EN" "JATS-archivearticle1.dtd">'


@pytest.mark.parametrize(
    ("prolog", "words"),
    [
        (DTD, ""),
        ("", "no declaration"),
        (f"<!-- {'a licence ' * 2_000} -->{DTD}", ""),
        (f"<?publisher {'x ' * 9_000}?>{DTD}", ""),
        ('<!DOCTYPE article SYSTEM "journal.dtd">', ""),
        (DTD.replace('"', "'"), ""),
        (DTD, "<![CDATA[<xbrl> http://www.xbrl.org/2003/instance]]>"),
        (DTD, "us-patent-grant-v4"),
        (DTD, "<!-- <html> -->"),
    ],
    ids=["dtd", "none", "licence", "instruction", "other dtd", "single quotes", "quotes xbrl", "quotes a patent", "html"],
)
def test_an_article_named_xml_is_read_as_one(tmp_path: Path, prolog: str, words: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{prolog}\n{ARTICLE.format(words)}')
    assert converted(path).markdown.startswith("# On bridges\n\nThey stand.")


@pytest.mark.parametrize("start", ["BM", "MZ", "GIF87", "FWS", "CWS", "II*", "#!AMR", "MThd", "SIMPLE", "PK", "wOFX"])
@pytest.mark.parametrize("name", ["a.md", "a.csv", "a.adoc", "a.tex", "a.html"])
def test_a_text_that_begins_like_another_kind_is_read_as_what_it_is(tmp_path: Path, start: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(
        f"{start},name,sum\n{start},harbour,2\n{start},bridge,3\n" if name == "a.csv" else f"{start} is a bridge.\n"
    )
    markdown = converted(path).markdown
    assert "bridge" in markdown
    assert start.strip("#*") in markdown.replace("\\", "")
