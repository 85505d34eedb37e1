"""Draws a document's part of the graph: entities as dots, facts as lines between them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import urlencode

from fathom.api.page.figures_in_words import many
from fathom.api.routes.parameters import MAX_NAME as MAX_SEARCH
from fathom.operations.document_passages import DocumentGraphContent

WIDTH, HEIGHT = 960.0, 400.0
LABEL, LINE = 165.0, 16.0  # width and height of a name
MAX_ENTITIES = 36  # entities; a picture of more is unreadable
STEPS = 160
MAX_NAME = 26  # characters of a name
_KINDS = ("Person", "Organization", "Location")

Point = tuple[float, float]


@dataclass(frozen=True)
class PictureLine:
    """The line of the facts between two entities; coordinates as text."""

    x1: str
    y1: str
    x2: str
    y2: str
    title: str


@dataclass(frozen=True)
class PictureNode:
    """The dot of an entity with its label; coordinates as text. `address` finds the entity's own page."""

    kind: str
    title: str
    x: str
    y: str
    radius: str
    label: str
    label_x: str
    label_y: str
    address: str | None = None


@dataclass(frozen=True)
class GraphPicture:
    """The picture of a document's part of the graph; no nodes if no fact joins its entities."""

    template: ClassVar[str] = "document/graph_picture.html"
    width: ClassVar[str] = f"{WIDTH:.0f}"
    height: ClassVar[str] = f"{HEIGHT:.0f}"
    summary: str
    lines: list[PictureLine]
    nodes: list[PictureNode]


def picture(part: DocumentGraphContent, collection: str) -> GraphPicture:
    """Returns the picture, with a count of omitted entities; each entity is a link to a search in the collection."""
    joined = Counter(name for fact in part.facts for name in (fact.source, fact.target))
    names = sorted(joined, key=lambda name: (-joined[name], -part.mentions.get(name, 0), name))
    drawn = {name: part.entities.get(name, "Entity") for name in names[:MAX_ENTITIES]}
    pairs = sorted({(fact.source, fact.target) for fact in part.facts if fact.source in drawn and fact.target in drawn})
    places = laid_out(list(drawn), pairs)
    texts: dict[tuple[str, str], list[str]] = {}
    for fact in part.facts:
        texts.setdefault((fact.source, fact.target), []).append(fact.fact)
    degree = Counter(name for pair in pairs for name in pair)
    return GraphPicture(
        _summary(part, joined=len(joined), drawn=len(drawn)),
        [_line(places[source], places[target], texts[source, target]) for source, target in pairs],
        [replace(_node(name, drawn[name], places[name], degree[name]), address=_search(collection, name)) for name in drawn],
    )


def _summary(part: DocumentGraphContent, *, joined: int, drawn: int) -> str:
    alone = len(part.entities) - joined
    counts = [f"{many(len(part.facts), 'fact')} between {many(joined, 'entity', 'entities')}"]
    counts += [f"the {drawn} most connected are drawn"] if joined > drawn else []
    counts += [f"{many(alone, 'entity', 'entities')} in no fact"] if alone else []
    return "; ".join(counts)


def laid_out(names: Sequence[str], facts: Sequence[tuple[str, str]]) -> dict[str, Point]:
    """Returns a force-directed layout: linked entities near each other, labels without overlap; deterministic."""
    index = {name: at for at, name in enumerate(names)}
    turn = math.pi * (3 - math.sqrt(5))  # golden angle: initial places do not coincide
    xs = [math.sqrt(at + 0.5) * math.cos(turn * at) for at in range(len(names))]
    ys = [math.sqrt(at + 0.5) * math.sin(turn * at) for at in range(len(names))]
    for step in range(STEPS):
        _pushed_and_pulled(xs, ys, [(index[a], index[b]) for a, b in facts], 1.0 - step / STEPS)
    xs = _fitted(xs, 20.0, WIDTH - LABEL)
    return dict(zip(names, _apart(xs, _fitted(ys, 20.0, HEIGHT - 20.0)), strict=True))


def _pushed_and_pulled(xs: list[float], ys: list[float], pairs: Sequence[tuple[int, int]], heat: float) -> None:
    """Performs a step of the layout: all points repel, facts attract, the centre attracts a little; `heat` bounds each move."""
    dx, dy = [-0.4 * x for x in xs], [-0.4 * y for y in ys]
    for a in range(len(xs)):
        for b in range(a):
            x, y = xs[a] - xs[b], ys[a] - ys[b]
            push = 1.0 / (x * x + y * y + 0.01)
            dx[a], dy[a], dx[b], dy[b] = dx[a] + x * push, dy[a] + y * push, dx[b] - x * push, dy[b] - y * push
    for a, b in pairs:
        x, y = xs[a] - xs[b], ys[a] - ys[b]
        pull = 0.5 * math.hypot(x, y)
        dx[a], dy[a], dx[b], dy[b] = dx[a] - x * pull, dy[a] - y * pull, dx[b] + x * pull, dy[b] + y * pull
    for at in range(len(xs)):
        length = math.hypot(dx[at], dy[at]) or 1.0
        moved = min(length, heat) / length
        xs[at] += dx[at] * moved
        ys[at] += dy[at] * moved


def _fitted(values: Sequence[float], low: float, high: float) -> list[float]:
    """Returns the values scaled to the range."""
    least, most = min(values, default=0.0), max(values, default=0.0)
    if most - least < 1e-6:
        return [(low + high) / 2 for _ in values]
    return [low + (value - least) * (high - low) / (most - least) for value in values]


def _apart(xs: Sequence[float], ys: list[float]) -> list[Point]:
    """Returns the points, moved vertically where labels would overlap."""
    for _ in range(60):
        for a in range(len(xs)):
            for b in range(a):
                near = LINE - abs(ys[a] - ys[b])
                if near > 0 and abs(xs[a] - xs[b]) < LABEL:
                    up = near / 2 if ys[a] >= ys[b] else -near / 2
                    ys[a] = min(HEIGHT - LINE, max(LINE, ys[a] + up))
                    ys[b] = min(HEIGHT - LINE, max(LINE, ys[b] - up))
    return list(zip(xs, ys, strict=True))


def _line(source: Point, target: Point, facts: Sequence[str]) -> PictureLine:
    return PictureLine(_at(source[0]), _at(source[1]), _at(target[0]), _at(target[1]), "\n".join(facts[:5]))


def _node(name: str, kind: str, at: Point, degree: int) -> PictureNode:
    return PictureNode(
        kind=kind.lower() if kind in _KINDS else "other",
        title=f"{name}, {kind}",
        x=_at(at[0]),
        y=_at(at[1]),
        radius=_at(4 + min(6.0, math.sqrt(degree))),
        label=name if len(name) <= MAX_NAME else name[: MAX_NAME - 1].rstrip() + "…",
        label_x=_at(at[0] + 9 + min(4.0, degree / 3)),
        label_y=_at(at[1] + 4),
    )


def _search(collection: str, name: str) -> str:
    return f"/graph/entities?{urlencode({'collection': collection, 'q': name[:MAX_SEARCH]})}"


def _at(value: float) -> str:
    return f"{value:.1f}"
