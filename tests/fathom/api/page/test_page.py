"""The page: opens for who has a key and for nobody else, shows a page of many documents, and lets no text become markup."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest

from fathom.api.page.listing_page import PAGE
from fathom.security.api_keys import ensure_admin_key
from fathom.security.sign_in_links import VALID_FOR_S, new_ticket, redeem
from fathom.tables import uploads
from fathom.uploads.upload import UploadState
from tests.fathom.api.conftest import ORIGIN, Api
from tests.fathom.api.kept_keys import kept_key

HERE = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
THERE = {"Origin": "http://evil", "Sec-Fetch-Site": "cross-site"}
NASTY = "<img src=x onerror=alert(1)>\"'&.md"


def signed_in(api: Api, role: str = "admin", collection: str | None = None) -> None:
    api.client.cookies.clear()
    key = kept_key(api.settings, role, name="<b>me</b>", collection=collection)
    answer = api.client.post("/sign-in", data={"key": key}, headers=HERE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def rows(html: str) -> list[str]:
    """The documents of a page, in their order."""
    return [unescape(re.sub("<[^>]+>", "", row)) for row in re.findall(r"<th scope=\"row\">(.*?)</th>", html)]


def many_documents(api: Api, count: int, state: UploadState = UploadState.DONE) -> None:
    now = time.time()
    with api.intake.engine.begin() as connection:
        connection.execute(
            uploads.insert(),
            [
                {
                    "document": f"many/{number:05}.md",
                    "collection": "many",
                    "path": f"many/{number:05}.md",
                    "size": 1,
                    "mtime_ns": 1,
                    "version": "0" * 64,
                    "state": state,
                    "accepted_at": now - 1000 + number // 2,  # two at each moment
                    "updated_at": now,
                }
                for number in range(count)
            ],
        )


def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_where_they_wanted(api: Api) -> None:
    asked = api.client.get("/?q=a%26b", follow_redirects=False)
    assert asked.status_code == 303
    form = api.client.get(asked.headers["location"])
    assert (form.status_code, "Sign in" in form.text) == (200, True)
    to = unescape(re.findall(r'name="to" value="([^"]*)"', form.text)[0])
    assert to == "/?q=a%26b"
    key = api.keys.create("reader", name="x").key
    answer = api.client.post("/sign-in", data={"key": f" {key}\n", "to": to}, headers=HERE, follow_redirects=False)
    assert answer.headers["location"] == to
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].replace(" ", "").split(";"))
    assert api.client.get("/?q=a%26b").status_code == 200


def test_a_wrong_key_is_told_and_opens_nothing(api: Api) -> None:
    answer = api.client.post("/sign-in", data={"key": "fathom_x_y"}, headers=HERE)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert "unknown or revoked" in answer.text
    assert "fathom_x_y" not in answer.text


@pytest.mark.parametrize(
    "to", ["//evil/", "https://evil/", "/\\evil", "javascript:alert(1)", "/sign-out", "/\r\nSet-Cookie: a=b"]
)
def test_after_signing_in_nobody_is_sent_elsewhere(api: Api, to: str) -> None:
    key = api.keys.create("reader", name="x").key
    answer = api.client.post("/sign-in", data={"key": key, "to": to}, headers=HERE, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_another_site_can_neither_sign_in_nor_out(api: Api) -> None:
    key = api.keys.create("reader", name="x").key
    assert api.client.post("/sign-in", data={"key": key}, headers=THERE).status_code == 403
    signed_in(api)
    assert api.client.post("/sign-out", headers=THERE).status_code == 403
    assert api.client.get("/", follow_redirects=False).status_code == 200
    assert api.client.post("/sign-out", headers=HERE, follow_redirects=False).headers["location"] == "/sign-in"
    assert api.client.get("/", follow_redirects=False).status_code == 303


def test_a_link_from_elsewhere_asks_the_browser_once_more_before_it_asks_for_a_key(api: Api) -> None:
    answer = api.client.get("/", headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False)
    assert (answer.status_code, 'http-equiv="refresh"' in answer.text) == (200, True)


def test_the_link_that_up_prints_signs_in_once_and_not_for_ever(api: Api) -> None:
    ensure_admin_key(api.settings)
    ticket = new_ticket(api.settings)
    first, second = (
        api.client.post("/sign-in", data={"ticket": ticket}, headers=HERE, follow_redirects=False).status_code for _ in range(2)
    )
    assert (first, second) == (303, 401)
    assert "role" not in ticket
    old = new_ticket(api.settings, now=time.time() - VALID_FOR_S - 1)
    assert redeem(api.settings, old) is None
    assert [redeem(api.settings, wrong) for wrong in ("", "x", "../admin.key")] == [None] * 3


def test_the_home_has_no_ticket_that_could_be_read_and_used(api: Api) -> None:
    ensure_admin_key(api.settings)
    ticket = new_ticket(api.settings)
    for path in api.settings.home.rglob("*"):
        assert ticket not in path.name
        assert path.is_dir() or ticket.encode() not in path.read_bytes()


def test_nothing_of_a_page_may_run_or_load_from_elsewhere(api: Api) -> None:
    signed_in(api)
    graph_pages = ("/graph", "/graph/entities", "/graph/validate", "/graph/backups", "/graph/clear")
    for path in ("/", "/sign-in", "/documents/c%2Fnothing.md", *graph_pages):
        answer = api.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", answer.text)
        assert not re.search(r"(?:src|action)=\"(?:https?:)?//", answer.text)
        for asset in re.findall(r'(?:src|href)="(/assets/[^"]*)"', answer.text):
            found = api.client.get(asset)
            assert (found.status_code, "immutable" in found.headers["cache-control"]) == (200, True)
            assert not re.search(rb"https?://(?!www\.w3\.org/2000/svg)", found.content)


def test_assets_are_only_those_there_are(api: Api) -> None:
    known = re.findall(r'"(/assets/[^"]*\.css)"', api.client.get("/sign-in").text)[0]
    assert api.client.get(known).headers["content-type"].startswith("text/css")
    for wrong in (
        known.replace(".css", ".py"),
        "/assets/0/fathom.css",
        "/assets/..%2F/app.py",
        known.replace("fathom.css", ".."),
    ):
        assert api.client.get(wrong).status_code == 404


def test_a_name_is_shown_as_it_is_and_never_as_markup(api: Api) -> None:
    form = {"collection": "c", "name": NASTY}
    sent = api.client.post("/api/upload", data=form, files={"file": ("x", b"# A\n\nText.")}, headers=api.key("operator"))
    assert sent.status_code == 202, sent.text
    signed_in(api)
    html = api.client.get("/", params={"q": NASTY}).text
    assert f"c/{NASTY}" in rows(html)
    assert "<img" not in html
    assert "<b>me" not in html
    assert 'onerror=alert(1)>"' not in html


def test_what_was_dropped_is_at_the_top_with_its_state_in_words(api: Api) -> None:
    for name in ("first.md", "second.md"):
        api.upload(name, b"# A\n\nText.")
    signed_in(api, "reader")
    html = api.client.get("/").text
    assert rows(html) == ["c/second.md", "c/first.md"]
    assert ("1 before it." in html, "It is next." in html) == (True, True)


def test_thousands_of_documents_are_shown_a_page_at_a_time_each_once(api: Api) -> None:
    many_documents(api, 10_000)
    signed_in(api, "reader")
    began = time.perf_counter()
    html = api.client.get("/").text
    assert time.perf_counter() - began < 10.0
    assert len(html) < 100_000
    seen = []
    for _ in range(3):
        seen += rows(html)
        older = unescape(re.findall(r'href="([^"]*)" rel="next"', html)[0])
        html = api.client.get(older).text
    assert seen == [f"many/{9_999 - number:05}.md" for number in range(3 * PAGE)]
    assert f"{3 * PAGE + 1}–{4 * PAGE} of 10,000 documents" in html


def test_the_last_page_has_no_next_and_an_unknown_place_is_told(api: Api) -> None:
    many_documents(api, PAGE + 1)
    signed_in(api, "reader")
    older = unescape(re.findall(r'href="([^"]*)" rel="next"', api.client.get("/").text)[0])
    last = api.client.get(older).text
    assert (rows(last), 'rel="next"' in last) == (["many/00000.md"], False)
    assert api.client.get("/?after=nonsense").status_code == 400
    assert api.client.get("/?state=nonsense").status_code == 400


def test_documents_are_chosen_by_state_collection_and_name(api: Api) -> None:
    many_documents(api, 3)
    api.upload("100_%a.md", b"# A\n\nText.")
    signed_in(api, "reader")
    assert rows(api.client.get("/?state=done").text) == ["many/00002.md", "many/00001.md", "many/00000.md"]
    assert rows(api.client.get("/?state=waiting").text) == ["c/100_%25a.md"]
    assert rows(api.client.get("/?collection=c").text) == ["c/100_%25a.md"]
    assert rows(api.client.get("/", params={"q": "0_%25A"}).text) == ["c/100_%25a.md"]
    assert "Show all documents" in api.client.get("/?q=nowhere").text


def test_a_key_of_one_collection_shows_that_one_alone(api: Api) -> None:
    many_documents(api, 3)
    api.upload("a.md", b"# A\n\nText.")
    signed_in(api, "operator", "c")
    html = api.client.get("/").text
    assert rows(html) == ["c/a.md"]
    assert "many" not in html
    assert "of 1 document<" in html
    assert api.client.get("/?collection=many").status_code == 403
    assert api.client.get("/page/documents?collection=many").status_code == 403


def test_a_reader_sees_nothing_that_changes_anything(api: Api) -> None:
    api.accepted()
    signed_in(api, "reader")
    html = api.client.get("/").text
    assert "data-method" not in html
    assert 'type="file"' not in html
    signed_in(api, "operator")
    html = api.client.get("/").text
    assert ('type="file"' in html, "/api/collections/*/pause" in html) == (True, True)


def test_only_what_moved_is_sent_again(api: Api) -> None:
    api.accepted()
    signed_in(api, "reader")
    deadline = time.monotonic() + 10
    while True:  # until what was said of the upload has come to the table
        html = api.client.get("/page/documents").text
        cursor = re.findall(r'data-cursor="(\d+)"', html)[0]
        if int(cursor) and api.client.get(f"/page/documents?cursor={cursor}").status_code == 204:
            break
        assert time.monotonic() < deadline
    api.upload("b.md", b"# B\n\nText.")
    while (answer := api.client.get(f"/page/documents?cursor={cursor}")).status_code == 204:
        assert time.monotonic() < deadline
    assert rows(answer.text)[0] == "c/b.md"


def test_a_pause_is_shown_with_who_and_why_and_can_be_ended(api: Api) -> None:
    signed_in(api, "operator")
    api.client.post("/api/collections/c/pause?reason=%3Cb%3Etoo+dear", headers=HERE)
    html = api.client.get("/").text
    assert "The collection c is paused by &lt;b&gt;me&lt;/b&gt;: &lt;b&gt;too dear" in html
    assert "/api/collections/c/resume" in html


def test_the_parts_of_a_page_need_a_key_too(api: Api) -> None:
    assert api.client.get("/page/documents").status_code == 401
