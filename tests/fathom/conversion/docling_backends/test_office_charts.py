"""Charts of Word and PowerPoint are read as tables of what they show, behind the text that they hang on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from pptx.chart.data import BubbleChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Inches

from tests.fathom.conversion.docling_backends.office_files import converted, paragraph, run, said, table, word

_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_NEWER = "http://schemas.microsoft.com/office/drawing/2014/chartex"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _cache(kind: str, *values: str, code: str = "General") -> str:
    points = "".join(f'<c:pt idx="{number}"><c:v>{value}</c:v></c:pt>' for number, value in enumerate(values))
    form = f"<c:formatCode>{code}</c:formatCode>" if kind == "num" else ""
    return f"<c:{kind}Ref><c:{kind}Cache>{form}{points}</c:{kind}Cache></c:{kind}Ref>"


def _text(text: str) -> str:
    return f"<c:tx><c:rich><a:p><a:r><a:t>{text}</a:t></a:r></a:p></c:rich></c:tx>"


def _series(name: str, categories: str, values: str, more: str = "") -> str:
    return f"<c:ser><c:tx>{_cache('str', name)}</c:tx>{more}<c:cat>{categories}</c:cat><c:val>{values}</c:val></c:ser>"


def _space(plots: str, title: str = "Tonnes by day") -> str:
    return (
        f'<c:chartSpace xmlns:c="{_CHART}" xmlns:a="{_DRAWING}"><c:chart><c:title>{_text(title)}</c:title>'
        f"<c:plotArea>{plots}</c:plotArea></c:chart></c:chartSpace>"
    )


_DAYS = _cache("str", "Mon", "Tue")
_BARS = _space(f"<c:bar3DChart>{_series('Load', _DAYS, _cache('num', '41.5', '39'))}</c:bar3DChart>")
_BRIDGE = (
    f'<cx:chartSpace xmlns:cx="{_NEWER}" xmlns:a="{_DRAWING}"><cx:chartData><cx:data id="0"><cx:strDim type="cat">'
    '<cx:lvl><cx:pt idx="0">Rent</cx:pt><cx:pt idx="1">Fuel</cx:pt></cx:lvl>'
    '<cx:lvl><cx:pt idx="0">Fixed</cx:pt><cx:pt idx="1">Free</cx:pt></cx:lvl></cx:strDim><cx:numDim type="val">'
    '<cx:lvl formatCode="General"><cx:pt idx="0">100</cx:pt><cx:pt idx="1">-42</cx:pt></cx:lvl></cx:numDim></cx:data>'
    "</cx:chartData><cx:chart><cx:title><cx:tx><cx:rich><a:p><a:r><a:t>Bridge of the year</a:t></a:r></a:p></cx:rich></cx:tx>"
    '</cx:title><cx:plotArea><cx:plotAreaRegion><cx:series layoutId="waterfall"><cx:tx><cx:txData><cx:v>Amount</cx:v>'
    '</cx:txData></cx:tx><cx:dataId val="0"/></cx:series></cx:plotAreaRegion></cx:plotArea></cx:chart></cx:chartSpace>'
)


def _drawn(name: str, form: str = "c", namespace: str = _CHART) -> str:
    reference = f'<{form}:chart xmlns:{form}="{namespace}" r:id="{name}"/>'
    return (
        '<w:r><w:drawing><wp:inline><wp:docPr id="3" name="Chart 1" descr="Loads of a week"/><a:graphic>'
        f'<a:graphicData uri="{namespace}">{reference}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )


def _newer_slide(deck: Any) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    part = Part(
        PackURI("/ppt/charts/chartEx1.xml"), "application/vnd.ms-office.chartex+xml", deck.part.package, _BRIDGE.encode()
    )
    key = slide.part.relate_to(part, "http://schemas.microsoft.com/office/2014/relationships/chartEx")
    slide.shapes._spTree.append(
        parse_xml(
            f'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:p="{_SLIDES}" '
            f'xmlns:a="{_DRAWING}" xmlns:r="{_OFFICE}" xmlns:cx="{_NEWER}"><mc:Choice Requires="cx"><p:graphicFrame>'
            '<p:nvGraphicFramePr><p:cNvPr id="4" name="C"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm>'
            f'<a:off x="0" y="9"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData uri="{_NEWER}">'
            f'<cx:chart r:id="{key}"/></a:graphicData></a:graphic></p:graphicFrame></mc:Choice>'
            "<mc:Fallback/></mc:AlternateContent>"
        )
    )


def test_a_chart_of_word_stands_behind_its_paragraph_with_title_description_and_points(tmp_path: Path) -> None:
    body = f"<w:p>{run('The week:')}{_drawn('chart')}</w:p>" + paragraph("Then it rained.")
    for found in said(converted(word(tmp_path / "a.docx", body, {"chart.xml": _BARS}))):
        at = [found.index(part) for part in ("The week:", "Tonnes by day", "Loads of a week", "Mon | 41.5", "Then it rained.")]
        assert at[0] < min(at[1:3])
        assert max(at[1:3]) < at[3] < at[4]


def test_a_chart_in_a_cell_stays_in_its_cell(tmp_path: Path) -> None:
    body = table((f"<w:p>{_drawn('chart')}</w:p>", paragraph("right")), (paragraph("a"), paragraph("b")))
    for found in said(converted(word(tmp_path / "a.docx", body, {"chart.xml": _BARS}))):
        assert found.index("Tue 39") < found.index("right")
        assert found.index("Tonnes by day") < found.index("right")


def test_charts_of_the_newer_form_are_read_in_both_programs(tmp_path: Path) -> None:
    deck = Presentation()
    _newer_slide(deck)
    deck.save(str(tmp_path / "a.pptx"))
    body = f"<w:p>{_drawn('chartEx', 'cx', _NEWER)}</w:p>"
    word(tmp_path / "a.docx", body, {"chartEx.xml": _BRIDGE})
    for path in (tmp_path / "a.pptx", tmp_path / "a.docx"):
        for found in said(converted(path)):
            assert "Bridge of the year" in found
            assert "Amount" in found
            assert "Fixed Rent | 100" in found
            assert "Free Fuel | -42" in found


LEVELS = (
    "<c:multiLvlStrRef><c:multiLvlStrCache><c:lvl>"
    '<c:pt idx="0"><c:v>Q1</c:v></c:pt><c:pt idx="1"><c:v>Q2</c:v></c:pt><c:pt idx="2"><c:v>Q1</c:v></c:pt></c:lvl>'
    '<c:lvl><c:pt idx="0"><c:v>2025</c:v></c:pt><c:pt idx="2"><c:v>2026</c:v></c:pt></c:lvl>'
    "</c:multiLvlStrCache></c:multiLvlStrRef>"
)
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "levels of categories": (
        f"<c:barChart>{_series('Load', LEVELS, _cache('num', '1', '2', '3'))}</c:barChart>",
        ("2025 Q1 | 1", "2025 Q2 | 2", "2026 Q1 | 3"),
    ),
    "percentages": (
        f"<c:pieChart>{_series('Share', _DAYS, _cache('num', '0.075', '0.5', code='0%'))}</c:pieChart>",
        ("Mon | 7.5%", "Tue | 50%"),
    ),
    "dates": (
        f"<c:lineChart>{_series('L', _cache('num', '46027', code='yyyy-mm-dd'), _cache('num', '4.4000000000000004'))}"
        "</c:lineChart>",
        ("2026-01-05 | 4.4",),
    ),
    "two kinds of plot": (
        f"<c:barChart>{_series('Load', _DAYS, _cache('num', '1', '2'))}</c:barChart>"
        f"<c:stockChart>{_series('Price', _DAYS, _cache('num', '8', '9'))}</c:stockChart>",
        ("Load | Price", "Mon | 1 | 8", "Tue | 2 | 9"),
    ),
    "a label": (
        "<c:barChart>"
        + _series(
            "Load",
            _DAYS,
            _cache("num", "1", "2"),
            f'<c:dLbls><c:dLbl><c:idx val="1"/>{_text("record")}</c:dLbl></c:dLbls>',
        )
        + "</c:barChart>",
        ("Tue | 2 (record)",),
    ),
    "points of a plane": (
        "<c:scatterChart><c:ser><c:xVal>" + _cache("num", "1", "2.5") + "</c:xVal><c:yVal>" + _cache("num", "7", "8")
        + "</c:yVal></c:ser></c:scatterChart>",
        ("1 | 7", "2.5 | 8"),
    ),
    "axes": (
        f"<c:barChart>{_series('Load', _DAYS, _cache('num', '1', '2'))}</c:barChart>"
        f"<c:catAx><c:title>{_text('Weekday')}</c:title></c:catAx><c:valAx><c:title>{_text('kilotonnes')}</c:title></c:valAx>",
        ("kilotonnes", "Weekday | Load"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_points_are_shown_with_their_categories_formats_and_labels(kind: str, tmp_path: Path) -> None:
    plots, wanted = KINDS[kind]
    path = word(tmp_path / "a.docx", f"<w:p>{_drawn('chart')}</w:p>", {"chart.xml": _space(plots)})
    found, _ = said(converted(path))
    for part in wanted:
        assert part in found


def test_sizes_and_points_of_series_with_other_places_are_kept_on_slides(tmp_path: Path) -> None:
    deck = Presentation()
    bubbles = BubbleChartData()
    bubbles.add_series("Ports").add_data_point(1, 2.5, 70)
    apart = XyChartData()
    apart.add_series("North").add_data_point(1, 10)
    apart.add_series("South").add_data_point(2, 20)
    for kind, data in ((XL_CHART_TYPE.BUBBLE, bubbles), (XL_CHART_TYPE.XY_SCATTER, apart)):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.add_chart(kind, 0, Inches(2), Inches(4), Inches(3), data)
    deck.save(str(tmp_path / "a.pptx"))
    found, _ = said(converted(tmp_path / "a.pptx"))
    for part in ("Ports", "1 | 2.5 | 70", "North | 1 | 10", "South | 2 | 20"):
        assert part in found


def test_damaged_charts_and_those_that_are_missing_do_no_harm(tmp_path: Path) -> None:
    body = f"<w:p>{run('Before')}{_drawn('chart')}{_drawn('gone')}</w:p>" + paragraph("After")
    for found in said(converted(word(tmp_path / "a.docx", body, {"chart.xml": "<c:chart"}))):
        assert found.startswith("Before")
        assert found.endswith("After")


def test_a_chart_whose_title_has_no_text_has_the_name_of_its_only_series(tmp_path: Path) -> None:
    chart = _BARS.replace(_text("Tonnes by day"), "")
    for found in said(converted(word(tmp_path / "a.docx", f"<w:p>{_drawn('chart')}</w:p>", {"chart.xml": chart}))):
        assert found.count("Load") == 3
