"""Chunks say on which pages and where they stand, in points from the top left corner."""

from __future__ import annotations

from docling_core.types.doc import BoundingBox, CoordOrigin, DocItemLabel, DoclingDocument, ProvenanceItem, Size

from fathom.conversion.report import DocumentKind
from fathom.conversion.structure.provenance import PageBox
from tests.fathom.chunking.conftest import Chunked


def at(
    page: int, left: float, top: float, right: float, bottom: float, origin: CoordOrigin, span: tuple[int, int]
) -> ProvenanceItem:
    box = BoundingBox(l=left, t=top, r=right, b=bottom, coord_origin=origin)
    return ProvenanceItem(page_no=page, bbox=box, charspan=span)


def two_pages(width: float = 600, height: float = 800) -> DoclingDocument:
    document = DoclingDocument(name="d")
    for page in (1, 2):
        document.add_page(page_no=page, size=Size(width=width, height=height))
    return document


def test_boxes_are_turned_to_count_from_the_top(chunked: Chunked) -> None:
    document = two_pages()
    document.add_text(DocItemLabel.TEXT, "High up.", prov=at(1, 50, 780, 300, 760, CoordOrigin.BOTTOMLEFT, (0, 8)))
    (chunk,) = chunked(document, kind=DocumentKind.PDF).chunks
    assert chunk.pages == [1]
    assert chunk.boxes == [PageBox(page=1, left=50, top=20, right=300, bottom=40)]


def test_slides_come_in_points(chunked: Chunked) -> None:
    document = two_pages(9_144_000, 6_858_000)
    prov = at(1, 457_200, 274_638, 914_400, 1_270_000, CoordOrigin.TOPLEFT, (0, 5))
    document.add_text(DocItemLabel.TEXT, "Slide", prov=prov)
    (chunk,) = chunked(document, kind=DocumentKind.PPTX).chunks
    assert chunk.boxes == [PageBox(page=1, left=36, top=21.63, right=72, bottom=100)]


def test_a_sheet_has_a_page_but_no_points(chunked: Chunked) -> None:
    document = two_pages()
    document.add_text(DocItemLabel.TEXT, "Cell", prov=at(2, 0, 0, 3, 1, CoordOrigin.TOPLEFT, (0, 4)))
    (chunk,) = chunked(document, kind=DocumentKind.XLSX).chunks
    assert (chunk.pages, chunk.boxes) == ([2], [])


def test_each_piece_of_a_paragraph_over_two_pages_names_its_own_page(chunked: Chunked) -> None:
    sentences = [f"Captain Holm sailed to pier {n} before the winter storm began." for n in range(30)]
    text = " ".join(sentences)
    middle = text.index(sentences[15])
    document = two_pages()
    item = document.add_text(DocItemLabel.TEXT, text, prov=at(1, 50, 100, 300, 700, CoordOrigin.TOPLEFT, (0, middle)))
    item.prov.append(at(2, 50, 100, 300, 700, CoordOrigin.TOPLEFT, (middle, len(text))))
    chunks = chunked(document, kind=DocumentKind.PDF).chunks
    assert chunks[0].pages == [1]
    assert chunks[-1].pages == [2]
    assert {page for chunk in chunks for page in chunk.pages} == {1, 2}


def test_a_kind_without_pages_has_none(chunked: Chunked) -> None:
    document = DoclingDocument(name="d")
    document.add_text(DocItemLabel.TEXT, "Plain.")
    (chunk,) = chunked(document).chunks
    assert (chunk.pages, chunk.boxes, chunk.items) == ([], [], ["#/texts/0"])
