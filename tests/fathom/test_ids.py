"""Names of collections, documents, versions, chunks and episodes: stable, distinct, and safe as partition keys."""

from __future__ import annotations

import hashlib
import os
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.errors import UnsafePath
from fathom.ids import (
    chunk_identity,
    collection_name,
    content_version,
    document_id,
    episode_uuid,
    split_document_id,
    storage_name,
)

# File names as a file system has them: any bytes but "/" and NUL, decoded as Python does.
names = (
    st.binary(min_size=1, max_size=40)
    .map(lambda data: os.fsdecode(data.replace(b"/", b"").replace(b"\0", b"") or b"x"))
    .filter(lambda name: name not in (".", ".."))
)


@pytest.mark.parametrize("name", ["a", "A-1_b", "9", "x" * 64])
def test_a_collection_may_be_called(name: str) -> None:
    assert collection_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "_a", "a b", "a/b", "ä", "x" * 65, "..", "a\n"])
def test_a_collection_may_not_be_called(name: str) -> None:
    with pytest.raises(UnsafePath):
        collection_name(name)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "a/.."])
def test_a_path_that_leaves_the_inbox_is_no_document(path: str) -> None:
    with pytest.raises(UnsafePath):
        document_id("c", path)


@given(first=names, second=names)
def test_two_files_never_share_an_id(first: str, second: str) -> None:
    assert (document_id("c", first) == document_id("c", second)) == (first == second)


@given(names)
def test_an_id_is_a_partition_key_that_dagster_takes(name: str) -> None:
    made = document_id("c", name)
    assert "..." not in made
    assert not any(ord(character) < 32 or character in "\x7f\x85\u2028\u2029" for character in made)
    assert made.encode("utf-8")


def test_an_id_comes_apart_into_collection_and_path() -> None:
    assert split_document_id(document_id("c", "a/b.pdf")) == ("c", "a/b.pdf")
    with pytest.raises(UnsafePath):
        split_document_id("c")


def test_a_version_is_the_sha256_of_the_bytes() -> None:
    assert content_version(b"abc") == hashlib.sha256(b"abc").hexdigest()


def test_a_chunk_keeps_its_identity_when_only_its_white_space_or_unicode_form_changes() -> None:
    assert chunk_identity("c/d", "caf\u00e9  x\n") == chunk_identity("c/d", "cafe\u0301 x")


@pytest.mark.parametrize("other", [("c/e", "text", 0), ("c/d", "texts", 0), ("c/d", "text", 1)])
def test_a_chunk_of_another_document_text_or_rank_is_another(other: tuple[str, str, int]) -> None:
    assert chunk_identity("c/d", "text") != chunk_identity(*other)


def test_an_episode_has_the_same_uuid_for_ever() -> None:
    found = episode_uuid("c", "c/d", "00ff")
    assert uuid.UUID(found).version == 5
    assert found == episode_uuid("c", "c/d", "00ff") != episode_uuid("c", "c/d", "00fe")


def test_a_document_of_any_name_has_a_folder_of_a_fixed_length() -> None:
    assert {len(storage_name(name)) for name in ("c/a", "c/" + "x" * 4000, "c/\udcff")} == {67}
