"""Sentences that readers found facts misread in give the right one, or none."""

from __future__ import annotations

import pytest

from fathom.extraction.rules.extractor import OfflineModel

MODEL = OfflineModel()
Triple = tuple[str, str, str]


def facts(text: str) -> set[Triple]:
    """Returns the facts of the text without their dates."""
    return {(fact.source, fact.relation, fact.target) for fact in MODEL.extract([text])[0].facts}


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        (
            "In 1878 the Atchison, Topeka, and Santa Fe Railroad (ATSF) beat the Denver & Rio Grande Railroad to the pass.",
            {("Atchison, Topeka, and Santa Fe Railroad", "DEFEATED", "Denver & Rio Grande Railroad")},
        ),
        (
            "He worked for the Atchison, Topeka & Santa Fe Railroad in Las Vegas, New Mexico.",
            {("Las Vegas", "LOCATED_IN", "New Mexico")},
        ),
        (
            "Ryan, the Australian retired general, agrees that Russia is moving.",
            {("Ryan", "HAS_NATIONALITY", "Australian")},
        ),
        ("James Mahaffie belonged to the Grange.", {("James Mahaffie", "MEMBER_OF", "Grange")}),
        (
            "Marlow House, having previously been owned by John Owens, was sold to Tom Reid in 1890.",
            {("Marlow House", "SOLD_TO", "Tom Reid")},
        ),
        (
            "Tobias Meyer, Northgate's worldwide head of contemporary art, said so.",
            {("Tobias Meyer", "WORKS_FOR", "Northgate")},
        ),
        (
            "In 1844 Tom Reid became junior partner with Preston Beck, Jr. in Santa Fe.",
            {("Tom Reid", "BUSINESS_PARTNER_OF", "Preston Beck, Jr.")},
        ),
        ("Tom Reid was a partner with Jane Roe.", {("Tom Reid", "BUSINESS_PARTNER_OF", "Jane Roe")}),
        ("Giuseppe Verdi was arrested when travelling to London.", {("Giuseppe Verdi", "TRAVELLED_TO", "London")}),
        ("Tom Reid has written to Jane Roe.", {("Tom Reid", "WROTE_TO", "Jane Roe")}),
        ("Tom Reid was once the director of Northgate.", {("Tom Reid", "FORMER_DIRECTOR_OF", "Northgate")}),
        (
            "Richard Seymour was born in Kanturk the son of Felix Seymour.",
            {("Richard Seymour", "BORN_IN", "Kanturk")},
        ),
        (
            "He married, in July, 1689, Eleanor Plunkett, daughter of Matthew, the seventh Lord Louth.",
            {("Eleanor Plunkett", "CHILD_OF", "Matthew")},
        ),
        (
            "European Commission chief Ursula von der Leyen said so.",
            {("Ursula von der Leyen", "WORKS_FOR", "European Commission")},
        ),
        (
            "James MacDonell, political editor of The Scotsman, said so.",
            {("James MacDonell", "POLITICAL_EDITOR_OF", "Scotsman")},
        ),
        (
            "Narendra Modi, India's Prime Minister, spoke a day ahead of his expected visit to Ukraine.",
            {("Narendra Modi", "PRIME_MINISTER_OF", "India")},
        ),
    ],
)
def test_a_sentence_gives_these_facts_alone(text: str, stated: set[Triple]) -> None:
    assert facts(text) == stated


@pytest.mark.parametrize(
    "text",
    [
        "Marlow House was formerly owned by Tom Reid.",
        "Tom Reid used to own Marlow House.",
        "Owens also owned a tract of land up the Missouri River from Fort Osage.",
        "Tom Reid owned a lot on the other side of town, and behind the Eldorado Hotel and the Marlow County Office.",
        "Jane Roe plans eight Las Vegas style resorts in the UK.",
        "Shadow Home Secretary David Davis said so.",
        "Health Secretary John Reid spoke.",
        "Jane Roe laid the first brick of Marlow Chapel in 1890.",
        "Volodymyr Zelensky criticized his Indian counterpart's visit to Moscow.",
        "The US announced a new military aid package for Ukraine on Wednesday.",
        "A view shows a fire after an incursion of troops into the Kursk region, Russia, in this still image.",
    ],
)
def test_a_sentence_gives_no_fact(text: str) -> None:
    assert facts(text) == set()


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        (
            "The Santa Fe Trail was established in 1821 by William Becknell that connected Santa Fe to Missouri.",
            "CONNECTS",
        ),
        (
            "The attack hit the southern city of Kherson, the central region of Poltava and the capital of Kyiv.",
            "CAPITAL_OF",
        ),
        ("Russia's UN Ambassador Vassily Nebenzia said so.", "BASED_IN"),
        ("Pete Buckingham, head of Distribution and Exhibition at the UK Film Council, said so.", "DIRECTOR_OF"),
        ("Ukraine's top commander Oleksandr Syrskyi said so.", "LED"),
    ],
)
def test_a_sentence_gives_no_fact_of_this_relation(text: str, relation: str) -> None:
    assert relation not in {found for _, found, _ in facts(text)}


def test_the_last_word_of_a_name_that_was_cut_is_no_name() -> None:
    said = 'In Kansas City is the "restored Jackson County Jail and Marshal\'s House, of 1859 vintage."'
    assert "House" not in {entity.name for entity in MODEL.extract([said])[0].entities}


def test_a_brother_with_the_first_name_of_another_is_not_that_one() -> None:
    told = "John Baptist Sleyne left a will. Also mentioned were his niece, Anne, daughter of his brother, John."
    assert ("Anne", "CHILD_OF", "John Baptist Sleyne") not in facts(told)
