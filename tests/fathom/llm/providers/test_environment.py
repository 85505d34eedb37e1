"""Keys, proxies, certificates and addresses of the environment: used as they are meant, or named when they cannot be."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fathom import errors
from fathom.llm.providers.connections import checked_address, proxy_for, trusted_certificates, usable_key
from tests.fathom.llm.scripted_server import Asked, Reply, ScriptedServer, completion

NAMES = {"Ada Moreno", "Tamar Bridge"}
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no certificates are named but what a test names."""
    for name in (*PROXIES, *CERTIFICATES):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.case(44)
@pytest.mark.parametrize(
    "key", ["sk-1\n", " sk-1", "sk-1\u00a0", "\ufeffsk-1", "sk-1\r\n", '"sk-1"', "sk-1\u200b", "\u201csk-1\u201d"]
)
def test_what_was_copied_along_with_a_key_is_left_out(played: Any, key: str) -> None:
    played.by(completion, openai_api_key=key)
    assert played.found() == NAMES
    assert played.requests[0].headers["authorization"] == "Bearer sk-1"


@pytest.mark.case(44)
@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("sk-1\nsk-2", "a line break"),
        ("sk\u00a01", "a no-break space"),
        ("sk-\u0456", r"U\+0456"),
        ("sk 1", "a blank"),
        ("\n", "empty"),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_key_that_cannot_be_sent_is_named_and_nothing_asked(played: Any, provider: str, key: str, named: str) -> None:
    played.by(completion, provider=provider, openai_api_key=key, anthropic_api_key=key)
    with pytest.raises(errors.KeyRefused, match=named) as caught:
        played.found()
    assert played.requests == []
    assert key not in caught.value.message


def test_usable_keys_stay_as_they_are() -> None:
    assert usable_key("sk-ant-api03-abc_DEF.123") == "sk-ant-api03-abc_DEF.123"


@pytest.mark.case(45)
@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:9", "socks5h://127.0.0.1:9", "socks://127.0.0.1:9", "http://127.0.0.1:9"]
)
@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTP_PROXY"])
def test_a_server_on_this_host_is_asked_without_a_proxy(
    played: Any, monkeypatch: pytest.MonkeyPatch, name: str, proxy: str
) -> None:
    monkeypatch.setenv(name, proxy)
    assert played.by(completion).found() == NAMES


@pytest.mark.case(45)
def test_a_socks_proxy_without_its_package_is_named(settings_for: Any, opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setitem(__import__("sys").modules, "socksio", None)
    model = opened(settings_for("openai", llm_base_url="http://models.example/v1", llm_model="m"))
    with pytest.raises(errors.ProxyUnusable, match="socksio"):
        model.extract(["Ada Moreno designed the Tamar Bridge."])


def test_a_proxy_of_an_unknown_kind_is_named(settings_for: Any, opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:9")
    model = opened(settings_for("openai", llm_base_url="http://models.example/v1", llm_model="m"))
    with pytest.raises(errors.ProxyUnusable):
        model.extract(["Ada Moreno designed the Tamar Bridge."])


@pytest.mark.parametrize(
    ("no_proxy", "address", "goes_by"),
    [
        ("", "http://models.example/v1", True),
        ("models.example", "http://models.example/v1", False),
        (".example", "https://models.example/v1", False),
        ("example", "https://models.example", False),
        ("models.example:8000", "http://models.example:8000/v1", False),
        ("models.example:8000", "http://models.example:9000/v1", True),
        ("*", "https://api.openai.com/v1", False),
        ("10.0.0.0/8", "http://10.1.2.3:11434/v1", False),
        ("10.0.0.0/8", "http://11.1.2.3:11434/v1", True),
        ("other.example, models.example", "http://models.example", False),
        ("", "http://localhost:11434/v1", False),
        ("", "http://127.0.0.5/v1", False),
        ("", "http://[::1]:8000/v1", False),
        ("", "http://0.0.0.0:8000/v1", False),
    ],
)
def test_no_proxy_means_what_it_means_elsewhere(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, address: str, goes_by: bool
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (proxy_for(urlsplit(address)) is not None) is goes_by


def test_a_proxy_is_taken_by_scheme_and_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy:3128")
    monkeypatch.setenv("ALL_PROXY", "socks://other:1080")
    assert proxy_for(urlsplit("https://a.example")) == "http://proxy:3128"
    assert proxy_for(urlsplit("http://a.example")) == "socks5://other:1080"


@pytest.mark.case(40)
def test_a_proxy_that_wants_a_password_is_named(
    settings_for: Any, opened: Any, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    proxy = ScriptedServer(lambda asked: Reply(407, "Proxy Authentication Required", {"content-type": "text/plain"}))
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    for scheme in ("http", "https"):
        model = opened(settings_for("openai", llm_base_url=f"{scheme}://models.example/v1", llm_model=scheme))
        with pytest.raises(errors.ProxyRefused, match="407"):
            model.extract(["Ada Moreno designed the Tamar Bridge."])
    assert waits == []
    proxy.stop()


@pytest.mark.case(46)
@pytest.mark.parametrize("name", CERTIFICATES)
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_certificates_that_are_not_there_are_named(
    played: Any, monkeypatch: pytest.MonkeyPatch, provider: str, name: str
) -> None:
    monkeypatch.setenv(name, "/nowhere/certificates.pem")
    with pytest.raises(errors.CertificateMissing, match=name):
        played.by(completion, provider=provider).found()


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("nothing")
    with pytest.raises(errors.CertificateMissing, match="no certificates"):
        trusted_certificates({"SSL_CERT_FILE": str(tmp_path / "no.pem")})


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that its own key has signed, with the key."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "models")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    pem += key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "own.pem").write_bytes(pem)
    return tmp_path / "own.pem"


@pytest.mark.case(46)
@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_of_ones_own_is_refused_by_name_until_it_is_trusted(
    settings_for: Any, opened: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float], name: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ScriptedServer(completion, certificate=context)
    settings = settings_for("openai", llm_base_url=f"{server.url}/v1", llm_model="m")
    with pytest.raises(errors.CertificateRefused, match="self-signed"):
        opened(settings).extract(["Ada Moreno designed the Tamar Bridge."])
    assert waits == []
    monkeypatch.setenv(name, str(certificate))
    assert len(opened(settings).extract(["Ada Moreno designed the Tamar Bridge."])[0].entities) == 2
    server.stop()


@pytest.mark.case(46)
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:11434/v1", "localhost:11434", "ftp://models/v1", "http://", "http:///v1", "http://a b/v1", "http://a:99999"],
)
def test_an_address_that_is_none_is_named(settings_for: Any, opened: Any, address: str) -> None:
    model = opened(settings_for("openai", llm_base_url=address, llm_model="m"))
    with pytest.raises(errors.AddressWrong, match="FATHOM_LLM_BASE_URL"):
        model.extract(["Ada Moreno designed the Tamar Bridge."])


@pytest.mark.case(46)
def test_https_to_a_server_without_it_is_named(played: Any, waits: list[float]) -> None:
    played.by(completion)
    played.again(llm_base_url=played.server.url.replace("http://", "https://") + "/v1")
    with pytest.raises(errors.AddressWrong, match="http://"):
        played.found()
    assert waits == []


def test_a_host_that_is_not_there_is_the_networks_fault(settings_for: Any, opened: Any, waits: list[float]) -> None:
    model = opened(settings_for("openai", llm_base_url="http://127.0.0.1:9/v1", llm_model="m"))
    with pytest.raises(errors.LanguageModelUnreachable, match="refused"):
        model.extract(["Ada Moreno designed the Tamar Bridge."])


def test_an_address_with_a_password_is_shown_without_it() -> None:
    with pytest.raises(errors.AddressWrong) as caught:
        checked_address("htp://me:secret@host/v1")
    assert "secret" not in caught.value.message


def test_what_a_script_is_asked_is_what_was_sent(played: Any) -> None:
    played.by(completion).found()
    (asked,) = played.requests
    assert isinstance(asked, Asked)
    assert asked.path == "/v1/chat/completions"
