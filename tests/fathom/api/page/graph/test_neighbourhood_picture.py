"""The picture of a neighbourhood: every entity is a link, what is not drawn is counted, and the list says the same."""

from __future__ import annotations

from fathom.api.page.graph.neighbourhood_picture import neighbourhood_picture
from fathom.graph.read.neighbourhood import Neighbourhood, NeighbourLink, NeighbourNode

HUB = NeighbourNode("hub", "Northgate Engineering", "Organization", 1_040)


def link(target: str, number: int = 1, holding: int = 1) -> NeighbourLink:
    return NeighbourLink("hub", target, number, holding, [f"It knows {target}."] * min(number, 5))


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
    found = neighbourhood_picture(Neighbourhood(nodes, [link("a", 2, 1), link("b", 1, 0)]))
    assert [one.ended for one in found.lines] == [False, True]
    assert found.items[0].facts == ["It knows a.", "It knows a."]


def test_many_facts_between_two_are_a_line_that_says_some_and_counts_the_rest() -> None:
    found = neighbourhood_picture(Neighbourhood([HUB, NeighbourNode("a", "Ada", "Person", 1_040)], [link("a", 1_040)]))
    assert [(node.left_out, len(found.lines)) for node in found.nodes] == [(None, 1), (None, 1)]
    assert found.items[0].facts == ["It knows a."] * 5 + ["and 1,035 more"]
    assert found.lines[0].line.title.endswith("It knows a.\nand 1,035 more")


def test_a_long_name_leaves_room_for_the_number_of_what_is_left_out() -> None:
    nodes = [HUB, NeighbourNode("a", "A" * 30, "Person", 5_001), NeighbourNode("b", "B" * 24, "Person", 1)]
    labels = [node.dot.label for node in neighbourhood_picture(Neighbourhood(nodes, [link("a"), link("b")])).nodes]
    assert labels[1:] == ["A" * 16 + "…", "B" * 24]


def test_an_entity_of_no_fact_or_of_none_but_itself_has_no_picture() -> None:
    alone = neighbourhood_picture(Neighbourhood([HUB], [link("hub")]))
    assert (alone.nodes, alone.lines, alone.items) == ([], [], [])
    assert neighbourhood_picture(Neighbourhood([], [])).nodes == []
