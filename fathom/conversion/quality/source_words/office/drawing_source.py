"""The words of drawings: text frames, tables on slides, diagrams (SmartArt) and charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fathom.conversion.quality.source_words.office.packages import OfficePackage, PackageRelationship
from fathom.conversion.quality.source_words.source_block import SourceBlock

SKIPPED = frozenset({"mc:Fallback", "m:oMath", "a:fld"})
# Repeated by every series of a chart.
CATEGORIES = frozenset({"c:cat", "c:xVal"})
CACHES = frozenset({"c:strCache", "c:numCache", "cx:chartData", "cx:txData"})
VALUES = frozenset({"c:v", "cx:pt", "cx:v"})


def diagram_blocks(package: OfficePackage, relations: Iterable[PackageRelationship], where: str) -> Iterator[SourceBlock]:
    """Yields the texts of the diagrams among the relations."""
    for relation in relations:
        if relation.kind == "diagramData":
            yield from package.read(relation.target, DrawnText(where))


def chart_blocks(package: OfficePackage, relations: Iterable[PackageRelationship], where: str) -> Iterator[SourceBlock]:
    """Yields the title, the series' names and the categories of the charts among the relations."""
    for relation in relations:
        if relation.kind in ("chart", "chartEx"):
            yield from package.read(relation.target, ChartText(where))


def _is_fraction(text: str) -> bool:
    return not text.isdecimal() and text.replace(".", "", 1).replace("-", "").replace("E", "").isdecimal()


class DrawnText:
    """Gathers the paragraphs of DrawingML (`a:p`)."""

    skipped = SKIPPED
    in_chart = False

    def __init__(self, where: str) -> None:
        self._where = where
        self._texts: list[str] = []
        self._reading = False
        self._skipping = 0
        self._found: list[SourceBlock] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Takes an element."""
        if self._skipping:
            self._skipping += 1
        elif name in self.skipped or self.is_left_out(name, attributes):
            self._skipping = 1
        elif name == "a:t":
            self._reading = True
        elif name == "a:p":
            self._texts = []
        elif name in ("a:br", "a:tab"):
            self._texts.append(" ")

    def is_left_out(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Returns whether the content of the element is hidden from readers."""
        return False

    def end(self, name: str) -> None:
        """Ends an element."""
        if self._skipping:
            self._skipping -= 1
        elif name == "a:t":
            self._reading = False
        elif name == "a:p":
            self.add("".join(self._texts))
            self._texts = []

    def text(self, text: str) -> None:
        """Takes a text."""
        if self._reading and not self._skipping:
            self._texts.append(text)

    def add(self, text: str) -> None:
        """Keeps a text as a block."""
        if text.strip():
            self._found.append(SourceBlock(text, self._where, in_chart=self.in_chart))

    def take(self) -> list[SourceBlock]:
        """Returns the paragraphs that are whole."""
        found, self._found = self._found, []
        return found


class ChartText(DrawnText):
    """Gathers a chart's title and its copy of the sheet: names of series, categories, whole numbers."""

    in_chart = True

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self._names = 0
        self._in_categories = False
        self._categories: set[str] = set()
        self._value: list[str] | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Takes an element."""
        super().start(name, attributes)
        if name in CACHES:
            self._names += 1
        elif name in CATEGORIES:
            self._in_categories = True
        elif name in VALUES and self._names:
            self._value = []

    def end(self, name: str) -> None:
        """Ends an element."""
        super().end(name)
        if name in CACHES:
            self._names -= 1
        elif name in CATEGORIES:
            self._in_categories = False
        elif name in VALUES and self._value is not None:
            self._add_value("".join(self._value))
            self._value = None

    def _add_value(self, text: str) -> None:
        """Keeps a name; the categories, which each series has again, once."""
        if _is_fraction(text):  # how many of its places are shown, its format says
            return
        if not self._in_categories or text not in self._categories:
            self.add(text)
        if self._in_categories:
            self._categories.add(text)

    def text(self, text: str) -> None:
        """Takes a text."""
        if self._value is not None:
            self._value.append(text)
        else:
            super().text(text)
