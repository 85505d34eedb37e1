"""A date counts for what is said in its own clause, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fathom.extraction.rules.extractor import OfflineModel

MODEL = OfflineModel()  # loads its weights once, at the first text


def since(text: str, source: str, relation: str, target: str) -> list[datetime | None]:
    """From when the facts of that kind hold."""
    facts = MODEL.extract([text])[0].facts
    return [fact.valid_at for fact in facts if (fact.source, fact.relation, fact.target) == (source, relation, target)]


def year(number: int) -> datetime:
    """Midnight UTC of its first day."""
    return datetime(number, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "fact", "wanted"),
    [
        (
            "Born in Leith, Helen Marsh is an engineer who founded Northgate Engineering in 1998.",
            ("Helen Marsh", "BORN_IN", "Leith"),
            None,
        ),
        (
            "Born in Leith, Helen Marsh is an engineer who founded Northgate Engineering in 1998.",
            ("Helen Marsh", "FOUNDED", "Northgate Engineering"),
            year(1998),
        ),
        ("Helen Marsh led it until 2010 and moved to Dundee in 2012.", ("Helen Marsh", "MOVED_TO", "Dundee"), year(2012)),
        ("In 1998 Ann Lee moved to Leith and founded Torbrook Ltd.", ("Ann Lee", "FOUNDED", "Torbrook Ltd."), year(1998)),
        (
            "Le chanteur Marc Lavigne, qui a étudié à l'Université de Montpellier, vit à Sète depuis 2004.",
            ("Marc Lavigne", "EDUCATED_AT", "Université de Montpellier"),
            None,
        ),
        (
            "Le chanteur Marc Lavigne, qui a étudié à l'Université de Montpellier, vit à Sète depuis 2004.",
            ("Marc Lavigne", "LIVES_IN", "Sète"),
            year(2004),
        ),
    ],
)
def test_a_date_of_another_clause_says_nothing(text: str, fact: tuple[str, str, str], wanted: datetime | None) -> None:
    assert since(text, *fact) == [wanted]
