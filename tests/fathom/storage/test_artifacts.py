"""What one step made is what the next one gets, or a named error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fathom.chunking.chunk import Chunk, ChunkSet
from fathom.conversion.report import ConversionError, ConversionReport, ConvertedDocument, DocumentKind
from fathom.conversion.structure.provenance import PageBox
from fathom.errors import NotStored, StoredDamaged, StoreFull
from fathom.files import Files
from fathom.ids import storage_name
from fathom.storage.artifacts import ArtifactStore

DOCUMENT = "law/deep/🐋 two%0Alines.pdf"


@pytest.fixture(params=["disk", "object store"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(
        Files(str(tmp_path) if request.param == "disk" else f"memory://{tmp_path.name}", scratch=tmp_path / "s")
    )


def _converted(markdown: str = "# Whales") -> ConvertedDocument:
    report = ConversionReport(
        kind=DocumentKind.PDF,
        version="0" * 64,
        size=7,
        seconds=0.25,
        errors=[ConversionError(category="page", message="half a page", page=2)],
        converter="docling",
    )
    return ConvertedDocument(
        document={"texts": [{"text": "🐋 and half a surrogate \ud83d"}], "pages": {"1": {}}}, markdown=markdown, report=report
    )


def _chunks(count: int = 3) -> ChunkSet:
    chunks = [
        Chunk(
            id=f"{n:032x}",
            document=DOCUMENT,
            position=n,
            text="line\u2028separator\nand newline",
            headings=["A"],
            pages=[1],
            boxes=[PageBox(page=1, left=0, top=1, right=2, bottom=3)],
            items=["#/texts/0"],
            tokens=5,
            kind="text",
        )
        for n in range(count)
    ]
    return ChunkSet(document=DOCUMENT, version="0" * 64, chunks=chunks, covered=0.99, max_tokens=256, chunker="c", seconds=0.1)


def test_a_converted_document_comes_back_as_it_was(artifacts: ArtifactStore) -> None:
    artifacts.save_converted(DOCUMENT, _converted())
    assert artifacts.load_converted(DOCUMENT) == _converted()


@pytest.mark.parametrize("count", [0, 3])
def test_a_chunk_set_comes_back_as_it_was(artifacts: ArtifactStore, count: int) -> None:
    artifacts.save_chunks(DOCUMENT, _chunks(count))
    assert artifacts.load_chunks(DOCUMENT) == _chunks(count)


def test_the_last_save_is_the_one_that_counts(artifacts: ArtifactStore) -> None:
    artifacts.save_converted(DOCUMENT, _converted("old"))
    artifacts.save_converted(DOCUMENT, _converted("new"))
    assert artifacts.load_converted(DOCUMENT).markdown == "new"


def test_a_forgotten_document_is_in_the_store_no_more_and_others_are(artifacts: ArtifactStore) -> None:
    for document in (DOCUMENT, "law/other.pdf"):
        artifacts.save_converted(document, _converted())
    artifacts.save_chunks(DOCUMENT, _chunks())
    assert [artifacts.forget(DOCUMENT), artifacts.forget(DOCUMENT)] == [2, 0]
    for load in (artifacts.load_converted, artifacts.load_chunks):
        with pytest.raises(NotStored):
            load(DOCUMENT)
    assert artifacts.load_converted("law/other.pdf") == _converted()


def test_what_was_never_made_is_missing_by_the_name_of_its_document(artifacts: ArtifactStore) -> None:
    with pytest.raises(NotStored, match="whales") as caught:
        artifacts.load_converted("law/whales.pdf")
    assert caught.value.document == "law/whales.pdf"
    with pytest.raises(NotStored, match="whales"):
        artifacts.load_chunks("law/whales.pdf")


@pytest.mark.parametrize("keep", [0, 10, -1])
def test_a_truncated_file_is_damaged_by_name(tmp_path: Path, keep: int) -> None:
    artifacts = ArtifactStore(Files(str(tmp_path), scratch=tmp_path))
    artifacts.save_converted(DOCUMENT, _converted())
    artifacts.save_chunks(DOCUMENT, _chunks())
    for path in tmp_path.rglob("*.json*"):
        lines = path.read_bytes()
        path.write_bytes(lines[: keep if keep >= 0 else len(lines) * 2 // 3])
    with pytest.raises(StoredDamaged, match="two%0Alines"):
        artifacts.load_converted(DOCUMENT)
    with pytest.raises(StoredDamaged, match="two%0Alines"):
        artifacts.load_chunks(DOCUMENT)


def test_chunks_with_whole_lines_missing_are_damaged(tmp_path: Path) -> None:
    artifacts = ArtifactStore(Files(str(tmp_path), scratch=tmp_path))
    place = Path(artifacts.save_chunks(DOCUMENT, _chunks()))
    place.write_bytes(b"\n".join(place.read_bytes().split(b"\n")[:2]) + b"\n")
    with pytest.raises(StoredDamaged):
        artifacts.load_chunks(DOCUMENT)


def test_a_full_disk_keeps_the_artifact_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifacts = ArtifactStore(Files(str(tmp_path), scratch=tmp_path))
    artifacts.save_converted(DOCUMENT, _converted("old"))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreFull):
            artifacts.save_converted(DOCUMENT, _converted("new"))
    assert artifacts.load_converted(DOCUMENT).markdown == "old"


def test_a_document_id_of_any_length_has_a_place(artifacts: ArtifactStore) -> None:
    document = "law/" + "/".join(["n" * 200] * 20)
    artifacts.save_converted(document, _converted())
    assert artifacts.load_converted(document) == _converted()
    assert storage_name(document) in artifacts.save_converted(document, _converted())


def test_the_picture_of_the_first_page_is_kept_beside_the_document_and_leaves_with_it(artifacts: ArtifactStore) -> None:
    pictured = _converted().model_copy(update={"page_picture": b"\x89PNG and more"})
    artifacts.save_converted(DOCUMENT, pictured)
    assert artifacts.load_picture(DOCUMENT) == b"\x89PNG and more"
    assert artifacts.load_converted(DOCUMENT).page_picture is None
    artifacts.save_chunks(DOCUMENT, _chunks())
    assert artifacts.forget(DOCUMENT) == 3
    with pytest.raises(NotStored, match="No picture"):
        artifacts.load_picture(DOCUMENT)


def test_a_version_without_a_picture_leaves_none_of_the_version_before(artifacts: ArtifactStore) -> None:
    artifacts.save_converted(DOCUMENT, _converted().model_copy(update={"page_picture": b"old"}))
    artifacts.save_converted(DOCUMENT, _converted())
    with pytest.raises(NotStored):
        artifacts.load_picture(DOCUMENT)
