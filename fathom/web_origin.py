"""Checks Host and Origin headers, against DNS rebinding and cross-site request forgery."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv6Address
from urllib.parse import urlsplit

# A name, an IPv4 address or a bracketed IPv6 address, and a port, as a Host header may hold them.
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_.-]{1,253})(?::[0-9]{1,5})?")
_FROM_HERE = ("same-origin", "none")  # Sec-Fetch-Site of this server's own pages, and of typed addresses


def host_names(listed: str) -> frozenset[str]:
    """Returns the names of a list such as `localhost,[::1]`. Raises ValueError for an invalid host name or a port."""
    names = set()
    for item in listed.split(","):
        name = _host(item.strip())
        if name is None or name != _normal(item.strip()):
            raise ValueError("a list of host names or addresses without scheme and port, such as localhost,[::1]")
        names.add(name)
    return frozenset(names)


def host_allowed(hosts: Collection[str], allowed: Collection[str]) -> bool:
    """Returns whether a request has exactly 1 Host header, with an allowed host and any port.

    A web page can let its own name resolve to 127.0.0.1 and so read responses of a local server (DNS rebinding), but the
    browser then sends the page's own name as the Host header.
    """
    return len(hosts) == 1 and _host(next(iter(hosts))) in allowed


def origin_allowed(host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Returns whether a request comes from the server's own pages or from no page; `host` is its Host header.

    Browsers send Origin with every WebSocket and with every cross-site request that can change data; a request with
    neither Origin nor Sec-Fetch-Site comes from a program.
    """
    if fetch_site is not None and fetch_site not in _FROM_HERE:
        return False
    return origin is None or _authority(origin) == host.lower()


def _host(authority: str) -> str | None:
    """Returns the normalized host of a Host header; None if the header is invalid."""
    found = _AUTHORITY.fullmatch(authority)
    return _normal(found["host"]) if found else None


def _normal(host: str) -> str | None:
    if not host.startswith("["):
        return host.lower()
    try:
        return f"[{IPv6Address(host[1:-1])}]" if host.endswith("]") else None
    except ValueError:
        return None


def _authority(origin: str) -> str | None:
    """Returns host and port of an Origin header in lower case; None for `null` and for invalid headers."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
