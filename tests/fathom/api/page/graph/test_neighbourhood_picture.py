"""The picture of a neighbourhood: every entity is a link, what is not drawn is counted, and the list says the same."""

from __future__ import annotations

from fathom.api.page.graph.neighbourhood_picture import neighbourhood_picture
from fathom.graph.read.neighbourhood import Neighbourhood, NeighbourLink, NeighbourNode

HUB = NeighbourNode("hub", "Northgate Engineering", "Organization", 1_040)


def link(target: str, *, ended: bool = False) -> NeighbourLink:
    return NeighbourLink("hub", target, "KNOWS", f"It knows {target}.", ended)


def test_every_entity_is_a_link_to_its_own_neighbourhood_and_the_one_in_the_middle_is_marked() -> None:
    found = neighbourhood_picture(Neighbourhood([HUB, NeighbourNode("a/b", "Ada", "Person", 1)], [link("a/b")]))
    assert [node.address for node in found.nodes] == ["/graph/entities/hub#around", "/graph/entities/a%2Fb#around"]
    assert [node.centre for node in found.nodes] == [True, False]


def test_a_hub_says_how_many_facts_are_not_drawn() -> None:
    nodes = [HUB, *(NeighbourNode(f"n{number}", f"Name {number}", "Person", 1 + number) for number in range(39))]
    found = neighbourhood_picture(Neighbourhood(nodes, [link(node.uuid) for node in nodes[1:]]))
    assert found.summary == "39 neighbours; 1,001 facts left out"
    assert [node.left_out for node in found.nodes[:3]] == ["+1,001", None, "+1"]
    assert (len(found.lines), len(found.items)) == (39, 39)


def test_a_line_is_dashed_only_where_no_fact_holds_any_more() -> None:
    nodes = [HUB, NeighbourNode("a", "Ada", "Person", 2), NeighbourNode("b", "Bo", "Person", 1)]
    found = neighbourhood_picture(Neighbourhood(nodes, [link("a"), link("a", ended=True), link("b", ended=True)]))
    assert [one.ended for one in found.lines] == [False, True]
    assert found.items[0].facts == ["It knows a.", "It knows a."]


def test_an_entity_of_no_fact_or_of_none_but_itself_has_no_picture() -> None:
    alone = neighbourhood_picture(Neighbourhood([HUB], [link("hub")]))
    assert (alone.nodes, alone.lines, alone.items) == ([], [], [])
    assert neighbourhood_picture(Neighbourhood([], [])).nodes == []
