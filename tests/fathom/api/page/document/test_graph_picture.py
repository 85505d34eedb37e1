"""The picture of a document's part of the graph: the same for the same graph, within its frame, every name escaped."""

from __future__ import annotations

import re
import time

from fathom.api.page.document.graph_picture import HEIGHT, MAX_ENTITIES, WIDTH, laid_out, picture
from fathom.api.page.page_templates import render
from fathom.graph.read.episode_contents import EpisodeFact
from fathom.operations.document_passages import DocumentGraphContent


def fact(source: str, target: str) -> EpisodeFact:
    return EpisodeFact(f"{source}{target}", source, target, "MET", f"{source} met <{target}>.", None, None, False, 1)


def drawn(part: DocumentGraphContent) -> str:
    return render(picture(part, "c"))


def star(count: int) -> DocumentGraphContent:
    names = [f"Entity {number}" for number in range(count)]
    return DocumentGraphContent(
        dict.fromkeys(names, "Person"), dict.fromkeys(names, 1), [fact(names[0], name) for name in names[1:]]
    )


def test_it_is_the_same_each_time_and_nothing_is_outside_of_it() -> None:
    part = star(30)
    places = laid_out(list(part.entities), [(one.source, one.target) for one in part.facts])
    assert places == laid_out(list(part.entities), [(one.source, one.target) for one in part.facts])
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places.values())
    assert len({(round(x), round(y)) for x, y in places.values()}) == 30


def test_thousands_of_entities_are_a_picture_of_the_most_connected_and_a_count_of_the_rest() -> None:
    began = time.perf_counter()
    svg = drawn(star(3000))
    assert time.perf_counter() - began < 10.0
    assert svg.count("<circle") == MAX_ENTITIES
    assert f"between 3,000 entities; the {MAX_ENTITIES} most connected are drawn" in svg
    assert ">Entity 0</text>" in svg


def test_names_do_not_run_into_each_other() -> None:
    part = star(20)
    places = list(laid_out(list(part.entities), [(one.source, one.target) for one in part.facts]).values())
    pairs = [(a, b) for at, a in enumerate(places) for b in places[:at]]
    assert all(abs(a[0] - b[0]) > 60 or abs(a[1] - b[1]) > 8 for a, b in pairs)


def test_each_entity_is_a_link_to_itself_among_the_entities_of_the_collection() -> None:
    assert re.findall(r'<a href="([^"]*)"', drawn(star(2))) == [
        f"/graph/entities?collection=c&amp;q=Entity+{number}" for number in (0, 1)
    ]


def test_what_no_fact_joins_is_counted() -> None:
    part = star(4)
    part.entities["Alone"] = "Location"
    assert "3 facts between 4 entities; 1 entity in no fact" in drawn(part)


def test_no_name_becomes_markup() -> None:
    nasty = '<script>alert("1")</script>'
    svg = drawn(DocumentGraphContent({nasty: nasty, "b": "Person"}, {}, [fact(nasty, "b")]))
    assert "<script" not in svg
    assert re.findall(r'class="node (\w+)"', svg) == ["other", "person"]


def test_a_document_that_put_nothing_there_has_an_empty_frame() -> None:
    assert laid_out([], []) == {}
    assert "<circle" not in drawn(DocumentGraphContent({}, {}, []))
