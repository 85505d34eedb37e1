"""Draws the neighbourhood of an entity: entities as links to their own pages, facts as lines between them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

from fathom.api.page.document.graph_picture import HEIGHT, WIDTH, PictureLine, PictureNode, laid_out
from fathom.api.page.figures_in_words import many
from fathom.api.page.graph.entities_page import entity_address
from fathom.graph.read.neighbourhood import Neighbourhood, NeighbourLink, NeighbourNode

MAX_LABEL = 24  # characters
MAX_TITLES = 5  # facts of a line that are said
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
    between: dict[tuple[str, str], list[NeighbourLink]] = defaultdict(list)
    for link in found.links:
        if link.source != link.target:
            between[link.source, link.target].append(link)
    places = laid_out([node.uuid for node in found.nodes], sorted(between)) if len(found.nodes) > 1 else {}
    drawn = Counter(end for link in found.links for end in {link.source, link.target})
    nodes = [_node(node, places[node.uuid], drawn[node.uuid], centre=at == 0) for at, node in enumerate(found.nodes) if places]
    first = found.nodes[0] if found.nodes else None
    hidden = max(0, first.facts - drawn[first.uuid]) if first else 0
    summary = many(len(found.nodes) - 1, "neighbour") if places else ""
    return NeighbourhoodPicture(
        width=f"{WIDTH:.0f}",
        height=f"{HEIGHT:.0f}",
        label=f"Neighbourhood of {first.name}: {summary}" if first else "",
        summary=f"{summary}; {many(hidden, 'fact')} left out" if hidden else summary,
        lines=[_line(places[a], places[b], links) for (a, b), links in sorted(between.items())],
        nodes=nodes,
        items=[_item(node, found.nodes[0].uuid, found.links) for node in found.nodes[1:]],
    )


def _line(source: tuple[float, float], target: tuple[float, float], links: list[NeighbourLink]) -> ExploredLine:
    (x1, y1), (x2, y2) = source, target
    title = "\n".join(link.fact for link in links[:MAX_TITLES])
    return ExploredLine(
        PictureLine(f"{x1:.1f}", f"{y1:.1f}", f"{x2:.1f}", f"{y2:.1f}", title), ended=all(link.ended for link in links)
    )


def _node(node: NeighbourNode, at: tuple[float, float], drawn: int, *, centre: bool) -> ExploredNode:
    x, y = at
    hidden = max(0, node.facts - drawn)
    label = node.name if len(node.name) <= MAX_LABEL else node.name[: MAX_LABEL - 1].rstrip() + "…"
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
    return ExploredNode(f"{entity_address(node.uuid)}#around", centre, dot, f"+{hidden:,}" if hidden else None)


def _item(node: NeighbourNode, centre: str, links: list[NeighbourLink]) -> NeighbourItem:
    shared = [link.fact for link in links if {link.source, link.target} == {node.uuid, centre}]
    return NeighbourItem(
        name=node.name,
        address=f"{entity_address(node.uuid)}#around",
        about=f"{node.type}, {many(node.facts, 'fact')}",
        facts=shared[:MAX_TITLES],
    )


def _kind(node: NeighbourNode) -> str:
    return node.type.lower() if node.type in _KINDS else "other"
