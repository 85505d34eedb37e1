"""Reads charts of Word and PowerPoint: titles, categories, series, points and labels, from the cache of the chart part.

Docling 2.142.1 reads no chart of the newer form (`cx:chart`: waterfall, funnel, treemap …), no points of 3-D, stock and
surface charts in PowerPoint, no outer categories, sizes, percentages and label texts; not needed once it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from docling.backend.msword_backend import _CHART_TAGNAME_TO_CLASSIFICATION
from docling_core.types.doc import DocItemLabel, DoclingDocument, NodeItem, PictureItem, TableData
from docling_core.types.doc.document import (
    PictureClassificationLabel,
    PictureClassificationMetaField,
    PictureClassificationPrediction,
    PictureMeta,
    TabularChartMetaField,
)
from lxml import etree

from fathom.conversion.docling_backends.office.chart_tables import Points, Series, join_levels, table_of
from fathom.conversion.docling_backends.office.office_notes import describe
from fathom.conversion.docling_backends.office.whole_numbers import whole_number
from fathom.conversion.docling_backends.spreadsheet.numbers.number_format import number_format

_A, _C, _CX, _C15 = (
    f"{{http://schemas.{name}}}"
    for name in (
        "openxmlformats.org/drawingml/2006/main",
        "openxmlformats.org/drawingml/2006/chart",
        "microsoft.com/office/drawing/2014/chartex",
        "microsoft.com/office/drawing/2012/chart",
    )
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PARSER = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
CHARTS = (f"{_C}chart", f"{_CX}chart")  # the places of charts in drawings
_CACHES = ("numCache", "strCache", "numLit", "strLit")
MAX_POINTS = 20_000


@dataclass
class ChartContent:
    """The content of a chart: its title, a table of its points, and other texts."""

    title: str = ""
    kind: PictureClassificationLabel = PictureClassificationLabel.OTHER_CHART
    data: TableData | None = None
    texts: list[str] = field(default_factory=list[str])


def chart_of(reference: Any, part: Any) -> ChartContent:
    """Returns the content of the chart that a `c:chart` or `cx:chart` of the part refers to; empty if it is damaged."""
    relation = part.rels.get(reference.get(_RELATION, ""))
    if relation is None or relation.is_external:
        return ChartContent()
    try:
        root = etree.fromstring(relation.target_part.blob, _PARSER)
    except etree.XMLSyntaxError:
        return ChartContent()
    content = _newer(root) if root.tag.startswith(_CX) else _older(root)
    content.texts += _texts_over(relation.target_part)
    return content


def add_chart(
    document: DoclingDocument, content: ChartContent, parent: NodeItem | None, *, layer: Any = None, prov: Any = None
) -> PictureItem:
    """Adds the chart as a picture with its points, its title as caption."""
    picture = document.add_picture(parent=parent, prov=prov, content_layer=layer)
    if content.title:
        caption = document.add_text(
            label=DocItemLabel.CAPTION, text=content.title, parent=picture, prov=prov, content_layer=layer
        )
        picture.captions.append(caption.get_ref())
    picture.meta = PictureMeta(
        classification=PictureClassificationMetaField(predictions=[PictureClassificationPrediction(class_name=content.kind)]),
        tabular_chart=None if content.data is None else TabularChartMetaField(chart_data=content.data),
    )
    describe(picture, "; ".join(content.texts))
    return picture


# The older form


def _older(root: Any) -> ChartContent:
    chart, plot_area = root.find(f"{_C}chart"), root.find(f"{_C}chart/{_C}plotArea")
    if chart is None or plot_area is None:
        return ChartContent()
    plots = [plot for plot in plot_area if isinstance(plot.tag, str) and plot.tag.endswith("Chart")]
    names = [plot.tag.rpartition("}")[2] for plot in plots]
    kind = next(filter(None, map(_CHART_TAGNAME_TO_CLASSIFICATION.get, names)), PictureClassificationLabel.OTHER_CHART)
    series = [
        _older_series(element, _is_set(root.find(f"{_C}date1904"))) for plot in plots for element in plot.iterfind(f"{_C}ser")
    ]
    horizontal = {f"{_C}catAx", f"{_C}dateAx"} if any(plot_area.iterfind(f"{_C}catAx")) else {f"{_C}dateAx"}
    axes = [axis for axis in plot_area if isinstance(axis.tag, str) and axis.tag.endswith("Ax")]
    named = [(axis, _rich_text(axis.find(f"{_C}title"))) for axis in axes]
    if not any(axis.tag in horizontal for axis in axes) and axes:
        horizontal = {axes[0].tag}
    corner = next((title for axis, title in named if axis.tag in horizontal and title), "")
    texts = list(dict.fromkeys(title for _, title in named if title and title != corner))
    title = _rich_text(chart.find(f"{_C}title"))
    if not title and len(series) == 1 and _takes_title(chart):
        title = series[0].name
    return ChartContent(title, kind, table_of(series, corner), texts)


def _takes_title(chart: Any) -> bool:
    """Returns whether the chart has a title without a text of its own: it then shows the name of its only series."""
    return chart.find(f"{_C}title") is not None and not _is_set(chart.find(f"{_C}autoTitleDeleted"))


def _is_set(switch: Any | None) -> bool:
    return switch is not None and switch.get("val", "1") not in ("0", "false")


def _older_series(element: Any, epoch_1904: bool) -> Series:
    categories = element.find(f"{_C}cat")
    categories = element.find(f"{_C}xVal") if categories is None else categories
    values = element.find(f"{_C}val")
    values = element.find(f"{_C}yVal") if values is None else values
    name = element.find(f"{_C}tx")
    made = Series(
        " ".join([*_cached_points(name).values(), *((name.findtext(f"{_C}v") or "",) if name is not None else ())]).strip(),
        _cached_points(categories, epoch_1904),
        _cached_points(values, epoch_1904),
        _cached_points(element.find(f"{_C}bubbleSize")),
    )
    for number, label in _labels(element):
        if label not in (made.values.get(number), made.categories.get(number)):
            made.values[number] = f"{made.values.get(number, '')} ({label})".strip()
    return made


def _labels(series: Any) -> Iterator[tuple[int, str]]:
    """Yields (point, text) of labels with a text of their own."""
    for label in series.iterfind(f"{_C}dLbls/{_C}dLbl"):
        number = label.find(f"{_C}idx")
        text = _rich_text(label)
        at = whole_number(number.get("val"), -1) if number is not None else -1
        if at >= 0 and text and "[" not in text:  # else of fields: [VALUE]
            yield at, text
    for cache in series.iter(f"{_C15}dlblRangeCache"):
        yield from _points(cache, _C).items()


def _cached_points(source: Any | None, epoch_1904: bool = False) -> Points:
    """Returns the points of a data source by number; several levels are joined, the outermost first."""
    if source is None:
        return {}
    levels = source.find(f".//{_C}multiLvlStrCache")
    if levels is not None:
        return join_levels([_points(level, _C) for level in levels.iterfind(f"{_C}lvl")])
    for name in _CACHES:
        cache = source.find(f".//{_C}{name}")
        if cache is not None:
            shown = _shown_by(cache.findtext(f"{_C}formatCode") or "", epoch_1904) if name.startswith("num") else None
            return _points(cache, _C, shown)
    return {}


# The newer form


def _newer(root: Any) -> ChartContent:
    data = {entry.get("id", ""): entry for entry in root.iterfind(f"{_CX}chartData/{_CX}data")}
    series = [_newer_series(element, data) for element in root.iter(f"{_CX}series")]
    title = _newer_text(root.find(f"{_CX}chart/{_CX}title"))
    axes = [_newer_text(axis.find(f"{_CX}title")) for axis in root.iter(f"{_CX}axis")]
    texts = list(dict.fromkeys(filter(None, axes)))
    return ChartContent(title, data=table_of(series, ""), texts=texts)


def _newer_series(element: Any, data: dict[str, Any]) -> Series:
    made = Series(_newer_text(element.find(f"{_CX}tx")))
    reference = element.find(f"{_CX}dataId")
    entry = data.get(reference.get("val", "") if reference is not None else "")
    for dimension in entry if entry is not None else ():
        if not isinstance(dimension.tag, str):
            continue
        levels = list(dimension.iterfind(f"{_CX}lvl"))
        if dimension.tag == f"{_CX}strDim":
            made.categories = made.categories or join_levels([_points(level, _CX) for level in levels])
        elif levels and not (made.values and dimension.get("type") == "size"):
            made.values = _points(levels[0], _CX, _shown_by(levels[0].get("formatCode", "")))
        elif levels:
            made.sizes = _points(levels[0], _CX)
    return made


def _newer_text(holder: Any | None) -> str:
    if holder is None:
        return ""
    return _rich_text(holder) or " ".join((found.text or "").strip() for found in holder.iter(f"{_CX}v")).strip()


# Both


def _points(cache: Any, namespace: str, shown: Callable[[str], str] | None = None) -> Points:
    found: Points = {}
    for point in cache.iterfind(f"{namespace}pt"):
        raw = point.findtext(f"{namespace}v") if namespace == _C else "".join(point.itertext())
        number = whole_number(point.get("idx"), -1)
        if raw and raw.strip() and number >= 0 and len(found) < MAX_POINTS:
            own = point.get("formatCode")
            show = _shown_by(own) if own and shown is not None else shown
            found[number] = " ".join((show(raw) if show is not None else raw).split())
    return found


def _shown_by(code: str, epoch_1904: bool = False) -> Callable[[str], str]:
    """Returns the display function of a number format: percentages, dates and times; other values with all their digits."""
    form = number_format(code) if code and code.lower() != "general" else None
    is_percent = "%" in code

    def show(raw: str) -> str:
        try:
            value = float(raw)
        except ValueError:
            return raw
        if is_percent:
            return f"{value * 100:.10g}%"
        if form is not None and form.is_date:
            return form.number(value, epoch_1904=epoch_1904) or raw
        return f"{value:.15g}" if abs(value) < 1e15 else raw

    return show


def _rich_text(holder: Any | None) -> str:
    """Returns the text of a title or label: its paragraphs, or the cached text of a cell."""
    if holder is None:
        return ""
    lines = _lines(holder)
    return " ".join(lines) or " ".join(_cached_points(holder.find(f"{_C}tx")).values())


def _lines(holder: Any) -> list[str]:
    made = ("".join(text.text or "" for text in line.iter(f"{_A}t")) for line in holder.iter(f"{_A}p"))
    return [" ".join(line.split()) for line in made if line.strip()]


def _texts_over(part: Any) -> Iterable[str]:
    """Returns the texts drawn on the chart."""
    found: list[str] = []
    for relation in part.rels.values():
        if relation.reltype.endswith("/chartUserShapes") and not relation.is_external:
            try:
                found += _lines(etree.fromstring(relation.target_part.blob, _PARSER))
            except etree.XMLSyntaxError:
                continue
    return found
