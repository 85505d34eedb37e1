"""Conversion needs no network, and a verification that finds otherwise says what was reached for or loaded late."""

from __future__ import annotations

import pytest

from fathom.conversion.quality.offline_verification import verify_offline
from fathom.errors import ConverterUnreachable
from tests.fathom.conversion.service.own_converters import ENGINE, Converters

pytestmark = pytest.mark.integration


def test_an_engine_that_needs_nothing_passes(converters: Converters) -> None:
    verification = verify_offline(converters.settings, [converters.text("The bridge.")], engine=ENGINE)
    assert verification.problems == []
    assert verification.closed_by in {"network namespace", "socket guard"}
    assert [(document.name, document.words) for document in verification.documents] == [("upload.txt", 2)]


def test_reaching_for_the_network_is_found_and_does_not_arrive(converters: Converters) -> None:
    verification = verify_offline(converters.settings, [converters.text("fetch 127.0.0.1")], engine=ENGINE)
    assert verification.fetched == ["127.0.0.1", "('127.0.0.1', 9)"]  # looked up, then connected to
    assert "Something tried to reach ('127.0.0.1', 9)." in verification.problems
    assert not verification.passed


def test_a_library_that_comes_with_the_document_is_found(converters: Converters) -> None:
    verification = verify_offline(converters.settings, [converters.text("import late_library")], engine=ENGINE)
    assert verification.problems == ["late_library was loaded after the warm-up."]


def test_weights_that_come_with_the_document_are_found(converters: Converters) -> None:
    converters.text("weights", name="late.onnx")
    verification = verify_offline(converters.settings, [converters.text("read late.onnx")], engine=ENGINE)
    assert verification.problems == ["late.onnx was loaded after the warm-up."]


def test_a_document_that_fails_and_no_document_at_all_are_no_proof(converters: Converters) -> None:
    assert not verify_offline(converters.settings, [converters.text("reject")], engine=ENGINE).passed
    assert not verify_offline(converters.settings, [], engine=ENGINE).passed


def test_a_probe_that_dies_is_told_with_its_last_words(converters: Converters) -> None:
    with pytest.raises(ConverterUnreachable, match="no_such_engine"):
        verify_offline(converters.settings, [], engine="no_such_engine")
