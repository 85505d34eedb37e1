"""What a reader of a page does not see is not in its text, and what is left out on purpose is named."""

from __future__ import annotations

import pytest

from fathom.conversion.docling_backends.html.page import read_page
from tests.fathom.conversion.docling_backends.html_pages import markdown, page_of


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>SECRET</p>",
        "<div style='display: none !important'><p>SECRET</p></div>",
        "<span style='visibility:hidden'>SECRET</span>",
        "<style>.x{color:red;display:none}</style><p class='a x'>SECRET</p>",
        "<style>div.x.y{display:none}</style><div class='y a x'>SECRET</div>",
        "<style>#a .x > p.y{display:none}</style><div id=a><div class=x><p class=y>SECRET</p></div></div>",
        "<style>.z, DIV #x {display:none}</style><div><p id=x>SECRET</p></div>",
        "<dialog>SECRET</dialog>",
        "<noscript>SECRET</noscript>",
    ],
)
def test_hidden_text_is_left_out_and_named(hidden: str) -> None:
    read, page = page_of(f"<p>Seen.</p>{hidden}<p>Too.</p>")
    assert read == "Seen.\n\nToo."
    assert [("SECRET" in notice.message, notice.count) for notice in page.notices] == [(True, 1)]


@pytest.mark.parametrize(
    "unread",
    [
        "<script>SECRET</script>",
        '<script type=\'application/ld+json\'>{"name": "SECRET"}</script>',
        "<style>.SECRET{}</style>",
        "<template><p>SECRET</p></template>",
        "<!-- SECRET -->",
        "<datalist><option>SECRET</datalist>",
        "<svg aria-hidden=true><title>SECRET</title></svg>",
        "<video>SECRET</video>",
    ],
)
def test_what_is_no_text_is_left_out_without_a_word(unread: str) -> None:
    read, page = page_of(f"<p>Seen{unread} here.</p>")
    assert (read, page.notices) == ("Seen here.", [])


@pytest.mark.parametrize(
    "shown",
    [
        "<p hidden=until-found>SEEN</p>",
        "<style>@media print{.x{display:none}}</style><p class=x>SEEN</p>",
        "<style>.x{display:none} .x{display:block}</style><p class=x>SEEN</p>",
        "<style>div.x.y{display:none}</style><div class=x>SEEN</div><p class='x y'>SEEN</p>",
        "<style>#a > .x{display:none}</style><div id=a><div><p class=x>SEEN</p></div></div>",
        "<style>.x{display:none} .x.open{display:block}</style><p class='open x'>SEEN</p>",
        "<style>.js .x{display:none} .x:hover{display:none} .x[a]{display:none} .x+.x{display:none}</style><p class=x>SEEN</p>",
        "<style>body.wait{display:none}</style><body class=wait>SEEN</body>",
        "<style>.x{visibility:hidden}</style><p class=x>SEEN</p>",
        "<span aria-hidden=true>SEEN</span>",
        "<details><summary>More</summary>SEEN</details>",
        "<dialog open>SEEN</dialog>",
        "<template shadowrootmode=open>SEEN</template>",
    ],
)
def test_what_is_shown_stays(shown: str) -> None:
    assert "SEEN" in markdown(f"<p>x</p>{shown}")


@pytest.mark.parametrize(
    "menu",
    [
        "<nav><ul><li><a href=/>Home</a><li><a href=/b>Boats</a></ul></nav>",
        "<div role=navigation><a href=/>Home</a></div>",
        "<div class='main-menu'><a href=/>Home</a> <a href=/b>Boats</a></div>",
        "<header><ul><li><a href=/>Home</a><li><a href=/b>Boats</a><li><a href=/c>Crew</a></ul></header>",
        "<a href=#main>Skip to Home</a>",
    ],
)
def test_menus_are_set_apart_and_named(menu: str) -> None:
    read, page = page_of(f"{menu}<article><header><p>By Ann</p></header><h1>Walls</h1><p>Stone.</p></article>")
    assert read == "By Ann\n\n# Walls\n\nStone."
    assert [(notice.kind, "Home" in notice.message) for notice in page.notices] == [("navigation", True)]
    assert len(page.menus) == 1


@pytest.mark.parametrize(
    "text",
    [
        "<div class=menu><h2>Soups</h2><p>Fish soup 90, pea soup 70</p></div>",
        "<header><h1>Walls</h1><p>By Ann, 4 May.</p></header>",
        "<footer><p>Printed in Oslo by <a href=/x>Bo</a></p></footer>",
        "<p class='cookie-recipe'>Cookies: accept butter only.</p>",
        "<section><footer><ul><li><a href=1>a</a><li><a href=2>b</a><li><a href=3>c</a></ul></footer></section>",
    ],
)
def test_text_that_only_looks_like_a_menu_stays(text: str) -> None:
    read, page = page_of(f"<p>x</p>{text}")
    assert (len(read) > 5, page.notices) == (True, [])


def test_a_banner_about_cookies_is_set_apart() -> None:
    banner = "<div id='cookie-banner'><p>We use cookies.</p><button>Accept all</button></div>"
    read, page = page_of(f"<p>Text.</p>{banner}")
    assert (read, [notice.kind for notice in page.notices]) == ("Text.", ["cookie_banner"])


def test_a_page_of_nothing_else_shows_its_menu_or_its_text_without_scripts() -> None:
    assert markdown("<nav><a href=/>Home</a></nav>") == "Home"
    assert markdown("<noscript><p>Turn on scripts</p></noscript>") == "Turn on scripts"
    assert markdown("<frameset><frame src=a.html><noframes><p>See the list</p></noframes></frameset>") == "See the list"
    assert markdown("") == markdown("<html><body> </body></html>") == ""


def test_pages_in_frames_are_read_or_named() -> None:
    read, page = page_of("<p>a</p><iframe srcdoc='<p>inner</p>'></iframe><iframe src='https://v.example/1'></iframe>")
    assert read == "a\n\ninner"
    assert ["https://v.example/1" in notice.message for notice in page.notices] == [True]


@pytest.mark.parametrize(
    ("head", "href", "target"),
    [
        ("<base href='https://p.example/2026/'>", "a.pdf", "https://p.example/2026/a.pdf"),
        ("<base href='https://p.example/2026/'>", "/b?x=1&amp;y=2", "https://p.example/b?x=1&y=2"),
        ("<link rel=canonical href='https://p.example/n/page.html'>", "../a.pdf", "https://p.example/a.pdf"),
        ("<meta property='og:url' content='https://p.example/n/'>", "a", "https://p.example/n/a"),
        ("<base href='/deep/'><link rel=canonical href='https://p.example/n/'>", "a", "https://p.example/deep/a"),
        ("", "mailto:desk@p.example", "mailto:desk@p.example"),
        ("", "a.pdf", "a.pdf"),
    ],
)
def test_links_are_absolute_where_the_page_says_where_it_stood(head: str, href: str, target: str) -> None:
    assert markdown(f"<head>{head}</head><body><p>See <a href='{href}'>it</a>.</p></body>") == f"See [it]({target})."


@pytest.mark.parametrize("href", ["#part", "javascript:void(0)", "data:text/plain,x", "", "https://p.example/n#part"])
def test_what_leads_nowhere_is_no_link(href: str) -> None:
    html = f"<link rel=canonical href='https://p.example/n'><p>See <a href='{href}'>it</a>.</p>"
    assert markdown(html) == "See it."


def test_the_address_of_the_page_is_its_base() -> None:
    page = read_page("<a href='b.html'>b</a>", address="https://p.example/a/")
    assert [run.style.link for block in page.blocks for run in getattr(block, "runs", ())] == ["https://p.example/a/b.html"]
