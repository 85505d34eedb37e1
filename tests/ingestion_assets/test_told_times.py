"""Documents that tell ends, dates in part, dates before Christ or none at all are in the graph with the times they tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fathom.operations.document_rows import documents_by_id
from fathom.uploads.document_dates import DocumentDate, note_date
from tests.fathom.llm.messages_server import MessagesServer
from tests.ingestion_assets.conftest import Deployment, configured, on_both_graphs

pytestmark = [pytest.mark.integration, on_both_graphs]

# A sentence: who, what, whom, as a model gives it, with the dates as it writes them.
SAID: dict[str, tuple[str, str, str, Any, Any]] = {
    "Kiran works on Project Atlas.": ("Kiran", "WORKS_ON", "Project Atlas", None, None),
    "Kiran worked on Project Atlas until March 2025.": ("Kiran", "WORKED_ON", "Project Atlas", None, "March 2025"),
    "Lena has lived in Whitefield since 2020.": ("Lena", "LIVES_IN", "Whitefield", "2020", None),
    "In 2023 Lena moved from Whitefield to Electronic City.": ("Lena", "MOVED_TO", "Electronic City", "2023", None),
    "Egon Weber became CEO of Gamma Works in 2010.": ("Egon Weber", "CEO_OF", "Gamma Works", "2010", None),
    "Egon Weber is no longer CEO of Gamma Works since 2020.": ("Egon Weber", "NOT_CEO_OF", "Gamma Works", "2020", None),
    "Ada Moreno is CEO of Acme Works.": ("Ada Moreno", "CEO_OF", "Acme Works", None, None),
    "Bert Hale is CEO of Acme Works.": ("Bert Hale", "CEO_OF", "Acme Works", None, None),
    "Cy Ode is CEO of Acme Works.": ("Cy Ode", "CEO_OF", "Acme Works", None, None),
    "Caesar conquered Gaul in 58 BC.": ("Caesar", "CONQUERED", "Gaul", "58 BC", None),
    "Iota House was built by Jo Lang c. 1850.": ("Jo Lang", "BUILT", "Iota House", "c. 1850", None),
    "Cleo Hart has been CEO of Delta Works since 2010.": ("Cleo Hart", "CEO_OF", "Delta Works", "2010", "9999-12-31"),
    "Dora Marsh became CEO of Delta Works in 2015.": ("Dora Marsh", "CEO_OF", "Delta Works", "2015", None),
}
KINDS = {
    **dict.fromkeys(("Kiran", "Lena", "Egon Weber", "Ada Moreno", "Bert Hale", "Cy Ode", "Caesar", "Jo Lang"), "Person"),
    **dict.fromkeys(("Cleo Hart", "Dora Marsh"), "Person"),
    **dict.fromkeys(("Whitefield", "Electronic City", "Gaul", "Iota House"), "Location"),
    **dict.fromkeys(("Gamma Works", "Acme Works", "Delta Works"), "Organization"),
}
FACTS = """
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE a.group_id = $collection
RETURN a.name + ' ' + r.name AS said, r.valid_at AS since, r.invalid_at AS until, r.valid_at_said AS since_said,
r.invalid_at_said AS until_said
"""


def answer(text: str) -> dict[str, Any]:
    """What is written down above of the text."""
    if text.startswith("<pairs>"):
        return {"same": []}
    entities: dict[str, dict[str, Any]] = {}
    facts = []
    for sentence, (source, relation, target, since, until) in SAID.items():
        if sentence in text:
            for name in (source, target):
                entities[name] = {"name": name, "type": KINDS.get(name, "Thing"), "aliases": []}
            said = {"relation": relation, "fact": sentence, "quote": sentence, "valid_at": since, "invalid_at": until}
            facts.append({"source": source, "target": target, **said})
    return {"entities": list(entities.values()), "facts": facts}


@pytest.fixture
def asked(deployment: Deployment) -> Iterator[MessagesServer]:
    """A language model that the deployment asks while the test runs."""
    server = MessagesServer(answering=answer)
    with configured(FATHOM_LLM="anthropic", FATHOM_LLM_BASE_URL=server.url, ANTHROPIC_API_KEY=server.key):
        yield server
    server.stop()


def ingested(deployment: Deployment, document: str) -> None:
    assert deployment.ingest(document).success
    assert deployment.upload(document).state == "done"


def times(deployment: Deployment, collection: str) -> dict[str, tuple[str | None, str | None]]:
    """Since when and until when each fact holds, in days."""
    rows = deployment.asked(FACTS, collection=collection)
    return {row["said"]: (_day(row["since"]), _day(row["until"])) for row in rows}


def _day(at: Any) -> str | None:
    return str(at)[:10] if at is not None else None


def text(*sentences: str) -> bytes:
    return ("# Notes\n\n" + "\n\n".join(sentences)).encode()


def sentences_of(name: str) -> list[str]:
    return [sentence for sentence in SAID if name in sentence]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("name", "held"),
    [
        pytest.param(
            "Kiran",
            {"Kiran WORKS_ON": (None, "2025-03-01"), "Kiran WORKED_ON": (None, "2025-03-01")},
            marks=pytest.mark.case(76, 78),
        ),
        pytest.param(
            "Lena",
            {"Lena LIVES_IN": ("2020-01-01", "2023-01-01"), "Lena MOVED_TO": ("2023-01-01", None)},
            marks=pytest.mark.case(77),
        ),
        pytest.param(
            "Egon",
            {"Egon Weber CEO_OF": ("2010-01-01", "2020-01-01"), "Egon Weber NOT_CEO_OF": ("2020-01-01", None)},
            marks=pytest.mark.case(79),
        ),
        pytest.param(
            "Delta",
            {"Cleo Hart CEO_OF": ("2010-01-01", "2015-01-01"), "Dora Marsh CEO_OF": ("2015-01-01", None)},
            marks=pytest.mark.case(68),
        ),
    ],
)
def test_what_one_document_tells_of_an_end_ends_what_another_tells(
    deployment: Deployment, asked: MessagesServer, name: str, held: dict[str, tuple[str | None, str | None]], turned: bool
) -> None:
    collection = f"{name}-{turned}".lower()
    first, last = sentences_of(name)
    documents = deployment.drop(collection, a_md=text(first), b_md=text(last))
    for document in reversed(documents) if turned else documents:
        ingested(deployment, document)
    assert times(deployment, collection) == held


@pytest.mark.case(67)
def test_dates_in_part_have_their_words_and_those_that_cannot_be_read_are_no_moments(
    deployment: Deployment, asked: MessagesServer
) -> None:
    [document] = deployment.drop("dates", a_md=text(*sentences_of("Caesar"), *sentences_of("c. 1850")))
    ingested(deployment, document)
    assert times(deployment, "dates") == {"Caesar CONQUERED": (None, None), "Jo Lang BUILT": ("1850-01-01", None)}
    said = {row["said"]: row["since_said"] for row in deployment.asked(FACTS, collection="dates")}
    assert said == {"Caesar CONQUERED": "58 BC", "Jo Lang BUILT": "c. 1850"}


@pytest.mark.case(80)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_reports_without_dates_are_ordered_by_the_dates_of_their_documents(
    deployment: Deployment, asked: MessagesServer, order: tuple[int, ...]
) -> None:
    collection = f"reports-{order[0]}"
    ada, bert, cy = sentences_of("Acme")
    mail = f"Date: Wed, 04 Jan 2023 10:00:00 +0000\nFrom: a@example.org\nSubject: News\n\n{cy}\n".encode()
    matter = f"---\ndate: 2019-05-04\n---\n\n{ada}\n".encode()
    documents = deployment.drop(collection, a_md=matter, b_md=text(bert), c_eml=mail)
    version = deployment.upload(documents[1]).version
    assert version is not None
    note_date(deployment.intake.engine, documents[1], version, DocumentDate(datetime(2021, 6, 1, tzinfo=UTC), "given"))
    for place in order:
        ingested(deployment, documents[place])
    assert times(deployment, collection) == {
        "Ada Moreno CEO_OF": ("2019-05-04", "2021-06-01"),
        "Bert Hale CEO_OF": ("2021-06-01", "2023-01-04"),
        "Cy Ode CEO_OF": ("2023-01-04", None),
    }
    rows = documents_by_id(deployment.settings, documents)
    assert [(str(row.document_date)[:10], row.document_date_from) for row in rows] == [
        ("2019-05-04", "front matter"),
        ("2021-06-01", "given"),
        ("2023-01-04", "mail header"),
    ]
