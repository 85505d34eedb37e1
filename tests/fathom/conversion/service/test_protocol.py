"""What is said over the converter's socket arrives as it was, and nothing past its bounds is read."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fathom.conversion import converter_settings
from fathom.conversion.converter_settings import ConverterSettings
from fathom.conversion.service.protocol import (
    HEADER,
    ConnectionLost,
    RemoteTraceback,
    Request,
    WireFrame,
    decode_error,
    encode_error,
    error_classes,
    pack_frame,
    receive_frame,
)
from fathom.errors import ConversionFailed, ConversionOutOfMemory, FathomError
from fathom.settings import Settings


@pytest.mark.parametrize("cls", error_classes().values(), ids=error_classes())
def test_every_error_arrives_as_what_it_was(cls: type[FathomError]) -> None:
    arrived = decode_error(encode_error(cls("A sentence.", document="a/b", hint="Do this.")))
    assert type(arrived) is cls
    assert (arrived.message, arrived.document, arrived.what_to_do) == ("A sentence.", "a/b", "Do this.")


def test_an_error_without_a_document_is_about_the_one_that_was_asked_for() -> None:
    assert decode_error(encode_error(ConversionFailed("A sentence.")), document="a/b").document == "a/b"


def test_a_defect_arrives_as_a_failure_with_its_traceback_but_not_its_words() -> None:
    arrived = decode_error(encode_error(KeyError("a word of the document")))
    assert type(arrived) is ConversionFailed
    assert "word" not in arrived.message
    assert isinstance(arrived.__cause__, RemoteTraceback)
    assert "KeyError" in str(arrived.__cause__)


def test_memory_that_ran_out_is_named_so() -> None:
    assert type(decode_error(encode_error(MemoryError()))) is ConversionOutOfMemory


def test_a_request_keeps_names_that_are_no_unicode() -> None:
    request = Request("convert", "f", "/a/\udce9\n.pdf", "\udce9", "v", "ü/🦊")
    assert Request.decode(request.encode()) == request


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"other": 1}', b"\xff"])
def test_what_is_no_request_is_refused(payload: bytes) -> None:
    with pytest.raises(ConnectionLost):
        Request.decode(payload)


@pytest.mark.parametrize(
    "sent", [b"Q", HEADER.pack(b"Q", 10) + b"short", HEADER.pack(b"?", 0), HEADER.pack(b"Q", 11) + b"0" * 11]
)
def test_what_is_no_frame_within_the_bound_is_refused(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionLost):
            receive_frame(ours, limit=10)


def test_a_frame_arrives_whole() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(pack_frame(WireFrame.PROGRESS, b"payload") + pack_frame(WireFrame.ALIVE))
        assert receive_frame(ours, limit=10) == (WireFrame.PROGRESS, b"payload")
        assert receive_frame(ours, limit=10) == (WireFrame.ALIVE, b"")


def test_the_fingerprint_changes_with_the_settings_and_only_with_them() -> None:
    one = ConverterSettings.of(Settings(home=Path("/tmp/a")))
    same = ConverterSettings.of(Settings(home=Path("/tmp/a"), chunk_tokens=99))
    other = ConverterSettings.of(Settings(home=Path("/tmp/a"), convert_timeout_s=99))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()


def test_the_fingerprint_is_that_of_the_code_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converter_settings, "__file__", str(tmp_path / "converter_settings.py"))
    (tmp_path / "engine.py").write_text("one")
    settings = ConverterSettings.of(Settings(home=Path("/tmp/a")))
    before = settings.fingerprint()
    assert settings.fingerprint() == before
    (tmp_path / "engine.py").write_text("two, edited while this process lives")
    assert settings.fingerprint() != before
