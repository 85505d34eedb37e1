"""Creates a provider's SDK client after checking address, key, proxy and certificates."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from fathom.errors import (
    AddressWrong,
    CertificateMissing,
    CertificateRefused,
    FathomError,
    KeyRefused,
    ProxyRefused,
    ProxyUnusable,
)
from fathom.llm.client import LLMCallFailed

_MAX_CAUSES = 8
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
_QUOTES = "\"'`\u201c\u201d\u2018\u2019"


def checked_address(address: str) -> SplitResult:
    """Returns the parts of the server's address. Raises AddressWrong if no client can use it."""
    parts = urlsplit(address.strip())
    try:
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in address.strip()):
        shown = without_password(address)
        raise AddressWrong(
            f"FATHOM_LLM_BASE_URL is {shown!r}, which is no address with http:// or https://, a host and a path."
        )
    return parts


def without_password(address: str) -> str:
    """Returns the address without a password, to show or store."""
    parts = urlsplit(address.strip())
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def usable_key(key: str) -> str:
    """Returns the key without blanks, line breaks, invisible characters and quotes around it.

    Raises KeyRefused where a character inside it cannot be sent.
    """
    bare = key.strip().strip(_INVISIBLE).strip().strip(_QUOTES).strip()
    if not bare:
        raise KeyRefused("The key of the language model's provider is empty.")
    wrong = next((at for at, character in enumerate(bare) if not 0x20 < ord(character) < 0x7F), None)
    if wrong is not None:
        named = {"\n": "a line break", "\r": "a line break", " ": "a blank", "\u00a0": "a no-break space", "\t": "a tab"}
        shown = named.get(bare[wrong], f"U+{ord(bare[wrong]):04X}")
        raise KeyRefused(
            f"The key of the language model's provider has {shown} at its character {wrong + 1}, which cannot be sent.",
            hint="Copy the key again, as one line without blanks; then `fathom up`.",
        )
    return bare


def proxy_for(address: SplitResult) -> str | None:
    """Returns the environment's proxy for the address; None if there is none, and for loopback addresses."""
    host = address.hostname or ""
    if _is_loopback(host) or _is_exempt(host, address.port):
        return None
    proxies = getproxies()
    found = proxies.get(address.scheme) or proxies.get("all")
    if not found or not found.strip():
        return None
    found = found.strip()
    proxy = found if "://" in found else f"http://{found}"
    return proxy.replace("socks://", "socks5://", 1) if proxy.startswith("socks://") else proxy


def trusted_certificates(environment: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Returns the environment's certificates, else those of certifi.

    Raises CertificateMissing where the environment names an unreadable path.
    """
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        place = environment.get(name, "").strip()
        if not place:
            continue
        path = Path(place)
        if not path.exists():
            raise CertificateMissing(f"{name} names {place}, which is not there.")
        try:
            return _context(place, path.is_dir(), path.stat().st_mtime_ns)
        except (OSError, ssl.SSLError) as error:
            raise CertificateMissing(f"{name} names {place}, which holds no certificates that can be read: {error}.") from None
    import certifi

    return _context(certifi.where(), False, 0)


@lru_cache(maxsize=4)
def _context(place: str, is_dir: bool, _changed_at: int) -> ssl.SSLContext:
    """Returns the certificates of a file or folder, cached because loading takes 0.1 s."""
    return ssl.create_default_context(capath=place) if is_dir else ssl.create_default_context(cafile=place)


def open_client(sdk: Any, make: Callable[..., Any], key: Callable[[], str], address: str, timeout_s: float) -> Any:
    """Returns a client of an SDK (`openai`, `anthropic`) of the class `make`, with its own key and connections.

    Raises AddressWrong, KeyRefused, ProxyUnusable, CertificateMissing.
    """
    parts, bare = checked_address(address), usable_key(key())
    proxy, certificates = proxy_for(parts), trusted_certificates()
    try:
        connections = sdk.DefaultHttpxClient(proxy=proxy, verify=certificates, trust_env=False, timeout=timeout_s)
    except ImportError:
        raise ProxyUnusable(
            "The environment names a SOCKS proxy for the language model, and the package socksio is not installed.",
            hint="Install socksio (`.venv/bin/pip install socksio`), or name the server in NO_PROXY; then `fathom up`.",
        ) from None
    except ValueError as error:
        raise ProxyUnusable(f"The environment names a proxy for the language model that cannot be used: {error}") from None
    return make(api_key=bare, base_url=address.strip(), timeout=timeout_s, max_retries=0, http_client=connections)


def connection_error(error: Exception, address: str) -> Exception:
    """Returns the error to raise for a failed connection; it names the cause without quoting it."""
    causes = list(_causes(error))
    names = {type(cause).__name__ for cause in causes}
    messages = " ".join(str(cause) for cause in causes)
    if any(isinstance(cause, FathomError) for cause in causes):
        return next(cause for cause in causes if isinstance(cause, FathomError))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes) or "CERTIFICATE_VERIFY_FAILED" in messages:
        why = next(
            (cause.verify_message for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), "it is not trusted"
        )
        return CertificateRefused(f"The certificate of the language model's server is not trusted: {why}.")
    if any(isinstance(cause, ssl.SSLError) for cause in causes) and (
        "WRONG_VERSION_NUMBER" in messages or "record layer" in messages
    ):
        return AddressWrong(f"At {_place(address)} nothing speaks TLS: its address may begin with http:// and not https://.")
    if "ProxyError" in names:
        return ProxyRefused(f"The proxy refused the connection to the language model: {_proxy_reason(messages)}.")
    if names & {"UnsupportedProtocol", "InvalidURL"}:
        return AddressWrong(f"FATHOM_LLM_BASE_URL is no address that can be used: {_place(address)}.")
    if "LocalProtocolError" in names and "header" in messages.lower():
        return KeyRefused("The key of the language model's provider has characters that cannot be sent.")
    if "TooManyRedirects" in names:
        return AddressWrong(f"The address {_place(address)} redirects without end.")
    return LLMCallFailed("connection", f"The connection to {_place(address)} failed: {_cause_in_words(causes)}.")


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    more: list[BaseException | None] = [error]
    while more and len(found) < _MAX_CAUSES:
        cause = more.pop(0)
        if cause is not None and cause not in found:
            found.append(cause)
            more += [cause.__cause__, cause.__context__]
    return found


def _cause_in_words(causes: list[BaseException]) -> str:
    failed = next(
        (cause for cause in causes if isinstance(cause, OSError) and cause.strerror and cause.errno is not None), None
    )
    if failed is not None:
        return f"{type(failed).__name__}, {failed.strerror}"
    return type(causes[1] if len(causes) > 1 else causes[0]).__name__


def _proxy_reason(messages: str) -> str:
    return (
        "HTTP 407, it wants a name and password"
        if "407" in messages
        else "it did not say why"
        if not messages
        else messages[:120]
    )


def _place(address: str) -> str:
    """Returns scheme and host of an address, without a password."""
    parts = urlsplit(address.strip())
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else address.strip()[:80]


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _numeric(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _is_exempt(host: str, port: int | None) -> bool:
    """Returns whether NO_PROXY names the host: by name, suffix, `*`, address or network, with or without a port."""
    named = f"{host}:{port}" if port else host
    if proxy_bypass(host) or proxy_bypass(named):
        return True
    address = _numeric(host)
    for entry in os.environ.get("no_proxy", os.environ.get("NO_PROXY", "")).split(","):
        entry = entry.strip().strip("[]")
        if address is not None and entry:
            try:
                if address in ipaddress.ip_network(entry, strict=False):
                    return True
            except (ValueError, TypeError):
                continue
    return False


def _numeric(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
