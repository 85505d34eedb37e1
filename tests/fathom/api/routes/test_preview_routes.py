"""What was made of a document can be looked at by who may read it, and is not sent twice."""

from __future__ import annotations

from fathom.api.routes.document_paths import encoded
from fathom.conversion.report import ConversionReport, ConvertedDocument, DocumentKind
from fathom.storage.artifacts import open_artifacts
from tests.fathom.api.conftest import Api

PICTURE = b"\x89PNG\r\n\x1a\n and so on"


def keep(api: Api, document: str, picture: bytes | None = PICTURE) -> str:
    report = ConversionReport(kind=DocumentKind.PDF, version="0" * 64, size=1, seconds=0.1, converter="c")
    open_artifacts(api.settings).save_converted(
        document, ConvertedDocument(document={}, markdown="# Näme", report=report, page_picture=picture)
    )
    return f"/api/documents/{encoded(document)}"


def test_a_reader_sees_the_page_and_asks_again_at_no_cost(api: Api) -> None:
    place = keep(api, "c/deep/a b.pdf")
    first = api.client.get(f"{place}/preview.png", headers=api.key("reader"))
    assert (first.status_code, first.content, first.headers["content-type"]) == (200, PICTURE, "image/png")
    assert first.headers["cache-control"] == "private, no-cache"
    again = {**api.key("reader"), "If-None-Match": first.headers["etag"]}
    second = api.client.get(f"{place}/preview.png", headers=again)
    assert (second.status_code, second.content) == (304, b"")
    keep(api, "c/deep/a b.pdf", PICTURE + b"changed")
    assert api.client.get(f"{place}/preview.png", headers=again).status_code == 200


def test_the_markdown_is_served_as_text(api: Api) -> None:
    answer = api.client.get(f"{keep(api, 'c/a.pdf')}/preview.md", headers=api.key("reader"))
    assert (answer.status_code, answer.text) == (200, "# Näme")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"


def test_pictures_are_for_those_who_may_see_the_collection(api: Api) -> None:
    place = keep(api, "c/a.pdf")
    assert api.client.get(f"{place}/preview.png").status_code == 401
    assert api.client.get(f"{place}/preview.png", headers=api.key("reader", "other")).status_code == 403


def test_no_picture_is_a_404_that_says_why(api: Api) -> None:
    place = keep(api, "c/a.md", None)
    for name in (place, "/api/documents/c%2Fnone.pdf"):
        answer = api.client.get(f"{name}/preview.png", headers=api.key("reader"))
        assert answer.status_code == 404
        assert "no picture" in answer.json()["detail"]
    assert api.client.get("/api/documents/c%2Fnone.pdf/preview.md", headers=api.key("reader")).status_code == 404
