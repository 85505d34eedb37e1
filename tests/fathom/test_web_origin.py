"""Which hosts a server answers for, and which pages may make it change something."""

from __future__ import annotations

import pytest

from fathom.web_origin import host_allowed, host_names, origin_allowed

OWN = host_names("127.0.0.1,localhost,[::1]")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST:1", "127.0.0.1:65535", "[::1]", "[::1]:8000", "[0:0:0:0:0:0:0:1]:8000"]
)
def test_an_allowed_host_is_answered_on_any_port(host: str) -> None:
    assert host_allowed([host], OWN)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example:8000",
        "evil.example#localhost",
        "localhost@evil.example",
        "evil.example:80@localhost",
        "127.0.0.1.evil.example",
        "127.0.0.2",
        "2130706433",
        "0x7f.1",
        "localhost:",
        "localhost:x",
        "localhost:80:80",
        "localhost:²",
        "localhost ",
        "localhost,evil.example",
        "loc\nalhost",
        "::1",
        "[::1",
        "[::2]",
        "[::1%25eth0]",
        "[::ffff:127.0.0.1]",
        "[]",
        "",
        "a" * 10_000,
    ],
)
def test_any_other_host_is_not(host: str) -> None:
    assert not host_allowed([host], OWN)


def test_no_host_and_two_hosts_are_refused() -> None:
    assert not host_allowed([], OWN)
    assert not host_allowed(["localhost", "localhost"], OWN)
    assert not host_allowed(["localhost", "evil.example"], OWN)


def test_a_list_of_hosts_is_read_whatever_its_white_space_and_case() -> None:
    assert host_names(" Localhost , [0::1],10.0.0.7") == {"localhost", "[::1]", "10.0.0.7"}


@pytest.mark.parametrize(
    "listed", ["", "localhost,", "*", "http://localhost", "localhost:8000", "[::1]:80", "::1", "[::x]", "a b"]
)
def test_a_list_with_anything_but_hosts_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match="host names"):
        host_names(listed)


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        (None, None),
        (None, "none"),
        (None, "same-origin"),
        ("http://localhost:8000", None),
        ("https://LOCALHOST:8000", "same-origin"),
    ],
)
def test_its_own_pages_and_programs_may_change_something(origin: str | None, site: str | None) -> None:
    assert origin_allowed("localhost:8000", origin, site)


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("http://evil.example", None),
        ("http://localhost:3000", "same-site"),
        ("http://localhost", None),
        ("http://localhost:8000", "cross-site"),
        ("http://localhost:8000@evil.example", None),
        ("http://evil.example/localhost:8000", None),
        ("http://[", None),
        ("null", "same-origin"),
        ("null", None),
        ("", None),
        (None, "cross-site"),
        (None, "same-site"),
        (None, ""),
    ],
)
def test_other_pages_may_not(origin: str | None, site: str | None) -> None:
    assert not origin_allowed("localhost:8000", origin, site)
