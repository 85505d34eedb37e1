"""Says which host names a server answers for, and which pages of a browser may make it change something."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv6Address
from urllib.parse import urlsplit

# A name, an IPv4 address or a bracketed IPv6 address, and a port, as a Host header may hold them.
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_.-]{1,253})(?::[0-9]{1,5})?")
_FROM_HERE = ("same-origin", "none")  # Sec-Fetch-Site of this server's own pages, and of what a person typed


def host_names(listed: str) -> frozenset[str]:
    """Returns the names of a list such as `localhost,[::1]`. Raises ValueError for what is no host name or has a port."""
    names = set()
    for one in listed.split(","):
        name = _host(one.strip())
        if name is None or name != _normal(one.strip()):
            raise ValueError("a list of host names or addresses without scheme and port, such as localhost,[::1]")
        names.add(name)
    return frozenset(names)


def host_allowed(hosts: Collection[str], allowed: Collection[str]) -> bool:
    """Tells whether a request's Host headers are exactly one, and name an allowed host with any port.

    A web page can have its own name resolve to 127.0.0.1, and so read what a server there answers; it cannot choose the
    Host header that the browser sends along, which is its own name.
    """
    return len(hosts) == 1 and _host(next(iter(hosts))) in allowed


def origin_allowed(host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Tells whether a request is of the server's own pages, or of no page: `host` is its Host header.

    Each browser sends Origin with every WebSocket and with every request of another page that can change something; a
    request that has neither Origin nor Sec-Fetch-Site comes from a program.
    """
    if fetch_site is not None and fetch_site not in _FROM_HERE:
        return False
    return origin is None or _authority(origin) == host.lower()


def _host(authority: str) -> str | None:
    """The host of a Host header in its normal form; None for what is no such header."""
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
    """Host and port of an Origin header in small letters; None for `null` and for what is none."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
