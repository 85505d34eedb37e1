"""What a model is not sure enough of is left out of an extraction and counted; what was not measured is kept."""

from __future__ import annotations

from fathom.extraction.model import Entity, Extraction, Fact
from fathom.knowledge.confidence_filter import (
    ENTITY_BELOW,
    FACT_BELOW,
    FACT_OF_BELOW,
    below_threshold,
    drop_uncertain,
    lost_below_threshold,
)


def extraction(entities: dict[str, float | None], *facts: tuple[str, str, float | None]) -> Extraction:
    return Extraction(
        entities=[Entity(name=name, type="Thing", mentions=[(0, 1)], confidence=sure) for name, sure in entities.items()],
        facts=[
            Fact(source=source, target=target, relation="MET", fact="They met.", span=(0, 1), confidence=sure)
            for source, target, sure in facts
        ],
        left_out={"date that could not be read": 1},
    )


def test_what_is_measured_below_the_least_is_left_out_and_counted() -> None:
    found = drop_uncertain(extraction({"Ada": 0.9, "Bo": 0.7}, ("Ada", "Bo", 0.69), ("Bo", "Ada", 0.7)), 0.7)
    assert [one.name for one in found.entities] == ["Ada", "Bo"]
    assert [one.source for one in found.facts] == ["Bo"]
    assert found.left_out == {"date that could not be read": 1, FACT_BELOW: 1}


def test_what_is_not_measured_is_kept_whatever_the_least() -> None:
    found = extraction({"Ada": None, "Bo": None}, ("Ada", "Bo", None))
    assert drop_uncertain(found, 1.0) == found


def test_an_entity_that_only_facts_left_out_name_stays() -> None:
    assert [one.name for one in drop_uncertain(extraction({"Ada": 0.9, "Bo": 0.9}, ("Ada", "Bo", 0.1)), 0.7).entities] == [
        "Ada",
        "Bo",
    ]


def test_a_fact_goes_with_an_entity_it_joins_however_the_name_is_written() -> None:
    found = drop_uncertain(extraction({"Ada": 0.9, "Bo": 0.2}, ("Ada", "BO", 0.95)), 0.7)
    assert ([one.name for one in found.entities], found.facts) == (["Ada"], [])
    assert below_threshold(found.left_out) == {ENTITY_BELOW: 1, FACT_OF_BELOW: 1}
    assert lost_below_threshold(found.left_out) == (1, 1)


def test_a_name_that_is_sure_by_one_of_its_readings_keeps_its_facts() -> None:
    both = extraction({"Bo": 0.2, "BO": 0.9, "Ada": 0.9}, ("Ada", "Bo", 0.95))
    assert len(drop_uncertain(both, 0.7).facts) == 1
