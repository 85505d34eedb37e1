"""Each kind of statement that news and reports make gives its fact, and what is planned, denied or of another gives none."""

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
        # Roles before and behind a name.
        ("Enron founder Kenneth Lay met WorldCom boss Bernie Ebbers.", ("Bernie Ebbers", "LED", "WorldCom")),
        ("Tory co-chairman Liam Fox was speaking in Leeds.", ("Liam Fox", "CHAIR_OF", "Tory")),
        ("They should get Trevor Beattie, TBWA's boss, to write.", ("Trevor Beattie", "LED", "TBWA")),
        (
            "But David Frost, director general of the British Chambers of Commerce, warned of it.",
            ("David Frost", "DIRECTOR_OF", "British Chambers of Commerce"),
        ),
        (
            "Nick Davies, spokesman for athletics' ruling body the IAAF, said it.",
            ("Nick Davies", "WORKS_FOR", "IAAF"),
        ),
        (
            '"It is so," said Dr Mario Paniccia, director of Intel\'s photonics technology lab.',
            ("Mario Paniccia", "WORKS_FOR", "Intel"),
        ),
        ("Jane Roe, head of research at Acme Steel Ltd, said so.", ("Jane Roe", "WORKS_FOR", "Acme Steel Ltd")),
        (
            "Kostas Kenteris' lawyer Gregory Ioannidis has submitted new evidence.",
            ("Gregory Ioannidis", "REPRESENTS", "Kostas Kenteris"),
        ),
        ("Chelsea striker Didier Drogba scored twice.", ("Didier Drogba", "PLAYS_FOR", "Chelsea")),
        (
            "Former Enron chief executive Jeffrey Skilling spoke.",
            ("Jeffrey Skilling", "FORMER_CHIEF_EXECUTIVE_OF", "Enron"),
        ),
        (
            "Ryanair deputy chief executive Michael Cawley wrote to The Scotsman.",
            ("Michael Cawley", "DEPUTY_CHIEF_EXECUTIVE_OF", "Ryanair"),
        ),
        (
            "Elsa Kolb, headmistress of Genadendal School and widow of Jan Brink, spoke.",
            ("Elsa Kolb", "MARRIED_TO", "Jan Brink"),
        ),
        ("In 2004 Jane Roe took over as chairman of Acme Steel Ltd.", ("Jane Roe", "CHAIR_OF", "Acme Steel Ltd.")),
        # Names beside names.
        ("Britain's Jason Gardener won it.", ("Jason Gardener", "HAS_NATIONALITY", "Britain")),
        ("Jane Roe, 34, of Leeds, was fined.", ("Jane Roe", "COMES_FROM", "Leeds")),
        ("The UK telco BT is serious about it.", ("BT", "HAS_NATIONALITY", "United Kingdom")),
        ("The Estonian start-up Skeleton makes ultracapacitors.", ("Skeleton", "HAS_NATIONALITY", "Estonian")),
        ("Winners include White Teeth by Zadie Smith, in 2000.", ("White Teeth", "CREATED_BY", "Zadie Smith")),
        ("Microsoft is replacing cables for its Xbox consoles.", ("Xbox", "MADE_BY", "Microsoft")),
        # Nouns of doing.
        ("Arsenal's 3-1 win over Chelsea lifted Arsene Wenger.", ("Arsenal", "DEFEATED", "Chelsea")),
        ("Oracle completed its acquisition of PeopleSoft last month.", ("Oracle", "ACQUIRED", "PeopleSoft")),
        ("Ford may sell its shares, as Ford's stake in Mazda fell.", ("Ford", "HAS_STAKE_IN", "Mazda")),
        ("Mount Elgon, on the border between Uganda and Kenya, is old.", ("Uganda", "BORDERS", "Kenya")),
        ("Sigma Lithium's plant at Itinga restarted.", ("Sigma Lithium", "HAS_SITE_IN", "Itinga")),
        ("The headquarters of Acme Steel Ltd are in Leeds.", ("Acme Steel Ltd", "BASED_IN", "Leeds")),
        (
            "Acme Steel Ltd's customers include Northgate Engineering.",
            ("Northgate Engineering", "CUSTOMER_OF", "Acme Steel Ltd"),
        ),
        (
            "Acme Steel Ltd and Northgate Engineering signed a contract.",
            ("Acme Steel Ltd", "SIGNED_WITH", "Northgate Engineering"),
        ),
        ("Tom Reid and Jane Roe were married in 1972.", ("Tom Reid", "MARRIED_TO", "Jane Roe")),
        # Verbs.
        ("Boeing hired Dale Kent and moved him to Leeds.", ("Dale Kent", "MOVED_TO", "Leeds")),
        ("After joining Northgate Engineering, Tom Reid wrote it.", ("Tom Reid", "JOINED", "Northgate Engineering")),
        ("Tom Reid founded and ran Northgate Engineering.", ("Tom Reid", "FOUNDED", "Northgate Engineering")),
        ("Northgate Engineering was sold to Ford in 2004.", ("Northgate Engineering", "SOLD_TO", "Ford")),
        ("Tom Reid was succeeded as chairman by Jane Roe.", ("Jane Roe", "SUCCEEDED", "Tom Reid")),
        (
            "Tom Reid, Jane Roe and Paul Marsh joined Northgate Engineering.",
            ("Paul Marsh", "JOINED", "Northgate Engineering"),
        ),
        ("Peter Kolb was born in Ulm, studied in Halle, and died in Leeds.", ("Peter Kolb", "EDUCATED_AT", "Halle")),
        ("Telia sponsors Djurgården.", ("Telia", "FUNDED", "Djurgården")),
        ("Kenya and Ethiopia border Somalia.", ("Kenya", "BORDERS", "Somalia")),
        ('Jane Roe wrote "The Salt Road" in 2004.', ("Salt Road", "WRITTEN_BY", "Jane Roe")),
        ("Equinor launched the Dudgeon wind farm.", ("Equinor", "LAUNCHED", "Dudgeon")),
        ("Professor Jane Roe of Leeds University leads the Marlow Institute.", ("Jane Roe", "LED", "Marlow Institute")),
    ],
)
def test_a_kind_of_statement_gives_its_fact(text: str, stated: Triple) -> None:
    assert stated in facts(text)


@pytest.mark.parametrize(
    "text",
    [
        "Shareholders blocked Acme's takeover of Northgate.",
        "Regulators approved the purchase of Northgate by Acme.",
        "Did Acme's purchase of Northgate fail?",
        "Tom Reid, not the director of Acme, signed it.",
        "Tom Reid, a would-be Leeds councillor, denied it.",
        "Le bulletin cite Brest, Quimper et Vannes.",
    ],
)
def test_what_is_not_said_to_be_so_gives_no_fact(text: str) -> None:
    assert facts(text) == set()


@pytest.mark.parametrize(
    ("text", "unstated"),
    [
        (
            "Elsa Kolb, headmistress of Genadendal School and widow of Jan Brink, spoke.",
            ("Elsa Kolb", "DIRECTOR_OF", "Jan Brink"),
        ),
        ("Jane Roe met future Leeds United manager Tom Reid.", ("Tom Reid", "WORKS_FOR", "Leeds United")),
        ("Marlow University moved a bed of oysters to Leeds.", ("Marlow University", "MOVED_TO", "Leeds")),
        ("Stephen Toulouse, a Microsoft security chief, said so.", ("Stephen Toulouse", "LED", "Microsoft")),
        ("Sonoco closed its mills in Varkaus.", ("Sonoco", "HAS_SITE_IN", "Varkaus")),
        ("Acme Steel bought Solvind, founded in Oslo in 1998, and sold it.", ("Acme Steel", "FORMED_IN", "Oslo")),
    ],
)
def test_what_is_said_of_another_gives_no_fact(text: str, unstated: Triple) -> None:
    assert unstated not in facts(text)


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Alstom fournit des rames à la RATP.", ("Alstom", "SUPPLIES", "RATP")),
        ("Airbus et Safran ont créé ArianeGroup.", ("ArianeGroup", "CREATED_BY", "Airbus")),
        (
            "Henri Vasseur, fondateur des Ateliers du Nord, est mort à Lens.",
            ("Henri Vasseur", "FOUNDED", "Ateliers du Nord"),
        ),
    ],
)
def test_french_is_read_by_the_order_of_words_too(text: str, stated: Triple) -> None:
    assert stated in facts(text)


def test_the_years_in_brackets_are_those_of_the_name_before_them() -> None:
    told = MODEL.extract(["Mirko Vidal played for Hajduk Split (1994-1999) and then for Rapid Wien."])[0].facts
    assert {fact.target: fact.valid_at is not None for fact in told} == {"Hajduk Split": True, "Rapid Wien": False}
