"""Code, configuration, data, notebooks and subtitles are known by what they are; two signs make no Markdown of a script."""

from __future__ import annotations

import pytest

from fathom.conversion.kinds.text_kinds import kind_of_text
from fathom.conversion.report import DocumentKind
from fathom.errors import UnknownFormat

SCRIPT = """#!/bin/sh
# Nightly backup
set -e

# Steps:
#   - copy
for f in a b; do
    cp "$f" /backup  # keep *both*
done
"""
PYTHON = '''"""Reads *tides*."""

import csv

# Options


def read(path):
    # - one
    with open(path) as f:
        return list(csv.reader(f))
'''
YAML = """---
# Build
name: build
on:
  push:
    branches:
      - main
      - next
jobs:
  test:
    steps:
      - run: make
"""
INI = "[server]\n# where it listens\nport = 8080\nhost = 0.0.0.0\n\n[log]\nlevel = info\n"
ENV = "# settings\nexport HOME_DIR=/srv\nTOKEN=abc\nDEBUG=\n"
JSON = '{\n  "a": [1, 2],\n  "b": "**x**"\n}\n'
SQL = "-- Tides\nCREATE TABLE tide (\n  id int,\n  level real\n);\nSELECT id, level\nFROM tide\nWHERE level > 1;\n"
GO = 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("# no heading")\n}\n'
CSS = "body {\n  margin: 0;\n}\n.a > .b {\n  color: red;\n}\n"
DIFF = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n- old\n+ new\n"
LOG = "2024-05-01 10:00:00 INFO start\n2024-05-01 10:00:01 WARN - slow\n2024-05-01 10:00:02 INFO **done**\n"
DOCKER = 'FROM debian:12\nRUN apt-get update\nCOPY . /app\n# - note\nCMD ["run"]\n'
MINIFIED = "function a(b){return b+1};var c={d:1,e:[2,3]};for(var i=0;i<3;i++){a(i);}" * 20
CALENDAR = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Tide\nEND:VEVENT\nEND:VCALENDAR\n"
CODE = {
    "sh": SCRIPT, "py": PYTHON, "yaml": YAML, "ini": INI, "env": ENV, "json": JSON, "sql": SQL, "go": GO, "css": CSS,
    "diff": DIFF, "log": LOG, "Dockerfile": DOCKER, "js": MINIFIED, "ics": CALENDAR, "jsonl": '{"a": 1}\n{"a": 2}\n',
}  # fmt: skip
README = (
    "# Pump\n\nA tool that reads *tides*.\n\n## Install\n\n```sh\npip install pump\nexport A=1\ncd pump\nmake install\n```\n\n"
    "- fast\n- small\n\nSee [the docs](https://example.org).\n"
)
NOTES = "# Meeting\n\nkey: we go on\n\n- Ruth: calls Per\n- Per: writes\n\n**Next** on Monday.\n"
SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello.\n\n2\n00:00:03,000 --> 00:00:04,000\n- Who?\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n"
NOTEBOOK = '{"cells": [{"cell_type": "markdown", "source": ["# A"]}], "nbformat": 4}'


@pytest.mark.parametrize("name", CODE)
@pytest.mark.parametrize("by", ["name", "shape"])
def test_code_and_configuration_are_known_by_name_and_by_shape(name: str, by: str) -> None:
    called = {"Dockerfile": "Dockerfile", "env": ".env"}.get(name, f"a.{name}") if by == "name" else "upload"
    assert kind_of_text(CODE[name], called) is DocumentKind.CODE


@pytest.mark.parametrize(
    "text",
    [
        README,
        NOTES,
        "---\ntitle: A\ntags: [b]\n---\n\n# A\n\nWords **here**.\n",
        "# Title\n\nText\n\n    indented = code\n    more()\n\n- a\n- b\n",
        "Some [link](x).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    ],
)
def test_markdown_of_any_name_is_markdown(text: str) -> None:
    assert kind_of_text(text, "upload") is DocumentKind.MARKDOWN


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ruth,\n\nplease call Per; he waits.\n\nNote: bring boots.\nTime: 10:00\n\nYours, Ann\n",
        "Name: Ruth\nTown: Alta\nPhone: 12\n",
        "If you go, call me. Return it when you can; thanks (again).\nWhile he waits, she reads.\n",
        "Begin at the end.\nImport duties rise.\nFor the record, class is over.\n",
    ],
)
def test_prose_is_no_code(text: str) -> None:
    assert kind_of_text(text, "upload") is DocumentKind.TEXT


def test_tables_in_semicolons_are_no_code() -> None:
    assert kind_of_text("a;b;c;\n1;2;3;\n4;5;6;\n", "upload") is DocumentKind.CSV


@pytest.mark.parametrize("name", ["a.srt", "a.vtt", "upload", "a.txt"])
@pytest.mark.parametrize("text", [SRT, VTT])
def test_subtitles_are_known_by_their_times(text: str, name: str) -> None:
    assert kind_of_text(text, name) is DocumentKind.SUBTITLES


def test_a_name_makes_no_subtitles_of_a_letter() -> None:
    assert kind_of_text("Dear Ruth,\nsee you.\n", "a.srt") is DocumentKind.TEXT


@pytest.mark.parametrize("name", ["a.ipynb", "upload"])
def test_notebooks_are_known_by_their_cells(name: str) -> None:
    assert kind_of_text(NOTEBOOK, name) is DocumentKind.NOTEBOOK


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("page.php", "<?php echo 1; ?>\n<html><body>x</body></html>", DocumentKind.CODE),
        ("page.php", "<html><body><p>saved page</p></body></html>", DocumentKind.HTML),
        ("a.yaml", "from: a\nto: b\nsubject: c\ndate: d\n\nx: 1\n", DocumentKind.CODE),
        ("a.py", 'S = r"""\n\\documentclass{article}\n"""\n', DocumentKind.CODE),
        ("CMakeLists.txt", "project(x)\n", DocumentKind.CODE),
        ("a.rst", "Title\n=====\n\n- a\n\n**b**\n", DocumentKind.TEXT),
        ("a.org", "* Title\n- a\n", DocumentKind.TEXT),
        ("README", README, DocumentKind.MARKDOWN),
        ("LICENSE", "Permission is granted.\nAll rights reserved.\n", DocumentKind.TEXT),
    ],
)
def test_names_decide_where_the_text_does_not(name: str, text: str, kind: DocumentKind) -> None:
    assert kind_of_text(text, name) is kind


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('<office:document xmlns:office="u" office:mimetype="application/vnd.oasis.opendocument.text"/>', "ODT"),
        ('<office:document xmlns:office="u" office:mimetype="application/vnd.oasis.opendocument.spreadsheet"/>', "XLSX"),
        ('<office:document xmlns:office="u" office:mimetype="application/vnd.oasis.opendocument.presentation"/>', "ODP"),
        ('<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "XLSX"),
        ('<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"/>', "DOCX"),
    ],
)
def test_office_files_as_plain_xml_are_refused_with_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(UnknownFormat) as caught:
        kind_of_text(f'<?xml version="1.0"?>\n{text}', "a.xml")
    assert hint in caught.value.what_to_do


@pytest.mark.parametrize(
    ("root", "called"),
    [("svg", "drawing"), ("rss", "feed"), ("feed", "feed"), ("book", "book"), ("article", "not JATS"), ("note", "<note>")],
)
def test_other_xml_is_refused_by_what_a_person_calls_it(root: str, called: str) -> None:
    with pytest.raises(UnknownFormat, match=called) as caught:
        kind_of_text(f'<?xml version="1.0"?>\n<{root}><title>x</title></{root}>', "a.xml")
    assert caught.value.what_to_do
