"""Draws the neighbourhood of an entity: entities as links to their own pages, facts as lines between them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from fathom.api.page.document.graph_picture import HEIGHT, WIDTH, PictureLine, PictureNode, Point, laid_out
from fathom.api.page.figures_in_words import many
from fathom.api.page.graph.entities_page import entity_address
from fathom.graph.read.neighbourhood import Neighbourhood, NeighbourLink, NeighbourNode

MAX_LABEL = 24  # characters, with the number of facts left out
_KINDS = ("Person", "Organization", "Location")


@dataclass(frozen=True)
class ExploredNode:
    """An entity of the picture; `left_out` says how many of its facts are not in it."""

    address: str
    centre: bool
    dot: PictureNode
    left_out: str | None


@dataclass(frozen=True)
class ExploredLine:
    """The line of the facts between two entities; `ended` where none of them holds any more."""

    line: PictureLine
    ended: bool


@dataclass(frozen=True)
class NeighbourItem:
    """A neighbour with the facts between it and the entity in the middle, for the list beside the picture."""

    name: str
    address: str
    about: str
    facts: list[str]


@dataclass(frozen=True)
class NeighbourhoodPicture:
    """The picture and its list; no nodes for an entity in no fact."""

    width: str
    height: str
    label: str
    summary: str
    lines: list[ExploredLine]
    nodes: list[ExploredNode]
    items: list[NeighbourItem]


def neighbourhood_picture(found: Neighbourhood) -> NeighbourhoodPicture:
    """Returns the picture, the first entity in the middle of its links."""
    between = {(link.source, link.target): link for link in found.links if link.source != link.target}
    places = laid_out([node.uuid for node in found.nodes], sorted(between)) if len(found.nodes) > 1 else {}
    drawn: Counter[str] = Counter()
    for link in found.links:
        for end in {link.source, link.target}:
            drawn[end] += link.number
    nodes = [_node(node, places[node.uuid], drawn[node.uuid], centre=at == 0) for at, node in enumerate(found.nodes) if places]
    first = found.nodes[0] if found.nodes else None
    hidden = max(0, first.facts - drawn[first.uuid]) if first else 0
    summary = many(len(found.nodes) - 1, "neighbour") if places else ""
    return NeighbourhoodPicture(
        width=f"{WIDTH:.0f}",
        height=f"{HEIGHT:.0f}",
        label=f"Neighbourhood of {first.name}: {summary}" if first else "",
        summary=f"{summary}; {many(hidden, 'fact')} left out" if hidden else summary,
        lines=[_line(places[a], places[b], link) for (a, b), link in sorted(between.items())],
        nodes=nodes,
        items=[_item(node, found.nodes[0].uuid, found.links) for node in found.nodes[1:]],
    )


def _line(source: Point, target: Point, link: NeighbourLink) -> ExploredLine:
    (x1, y1), (x2, y2) = source, target
    line = PictureLine(f"{x1:.1f}", f"{y1:.1f}", f"{x2:.1f}", f"{y2:.1f}", "\n".join(_said(link.facts, link.number)))
    return ExploredLine(line, ended=not link.holding)


def _said(facts: list[str], number: int) -> list[str]:
    """Returns the facts, and the number of those beyond them."""
    return [*facts, f"and {number - len(facts):,} more"] if number > len(facts) else facts


def _node(node: NeighbourNode, at: Point, drawn: int, *, centre: bool) -> ExploredNode:
    x, y = at
    hidden = max(0, node.facts - drawn)
    left_out = f"+{hidden:,}" if hidden else None
    room = MAX_LABEL - (len(left_out) + 1 if left_out else 0)
    label = node.name if len(node.name) <= room else node.name[: room - 1].rstrip() + "…"
    dot = PictureNode(
        kind=_kind(node),
        title=f"{node.name}, {node.type}, {many(node.facts, 'fact')}",
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        radius=f"{(7 if centre else 4) + min(5.0, math.sqrt(drawn)):.1f}",
        label=label,
        label_x=f"{x + 12 + (3 if centre else 0):.1f}",
        label_y=f"{y + 4:.1f}",
    )
    return ExploredNode(f"{entity_address(node.uuid)}#around", centre, dot, left_out)


def _item(node: NeighbourNode, centre: str, links: list[NeighbourLink]) -> NeighbourItem:
    shared = [link for link in links if {link.source, link.target} == {node.uuid, centre}]
    facts = [fact for link in shared for fact in link.facts]
    return NeighbourItem(
        name=node.name,
        address=f"{entity_address(node.uuid)}#around",
        about=f"{node.type}, {many(node.facts, 'fact')}",
        facts=_said(facts, sum(link.number for link in shared)),
    )


def _kind(node: NeighbourNode) -> str:
    return node.type.lower() if node.type in _KINDS else "other"
