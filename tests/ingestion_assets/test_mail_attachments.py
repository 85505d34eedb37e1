"""A mail and what came with it are documents of their own, joined in Dagster and in the graph, each made once."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from fathom.operations.remove import remove
from tests.ingestion_assets.conftest import Deployment

pytestmark = pytest.mark.integration

JOINED = """
MATCH (p:Episodic)-[:ATTACHED_TO]->(m:Episodic) WHERE m.source_description = $mail
RETURN p.source_description AS attachment, count(*) AS times ORDER BY attachment
"""
EPISODES = "MATCH (p:Episodic) WHERE p.group_id = $collection RETURN p.uuid AS uuid, p.content AS content ORDER BY uuid"


def mail(body: str) -> bytes:
    inner = EmailMessage()
    inner["Subject"], inner["From"] = "Deep", "cal@example.org"
    inner.set_content("Ada Lovelace met Charles Babbage in London.")
    inner.add_attachment(b"Charles Babbage built an engine in London.", maintype="text", subtype="plain", filename="deep.txt")
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = "The plan", "ann@example.org", "bob@example.org"
    made.set_content(body)
    made.add_attachment(b"Thomas Okafor founded Marlow University.", maintype="text", subtype="plain", filename="../plan.txt")
    made.add_attachment(b"PK\x05\x06" + bytes(18), maintype="application", subtype="zip", filename="more.zip")
    made.add_attachment(inner)
    return made.as_bytes()


def take_all(deployment: Deployment, collection: str) -> dict[str, str]:
    """Every accepted document of the collection through the assets, until there is none; answers the states."""
    while waiting := [one.document for one in deployment.intake.list(states=["accepted"], collection=collection)]:
        deployment.instance.add_dynamic_partitions("documents", waiting)
        deployment.drain(waiting)
    return {one.document: str(one.state) for one in deployment.intake.list(collection=collection)}


def test_attachments_become_documents_that_lead_to_their_mail_and_nothing_is_done_twice(deployment: Deployment) -> None:
    [document] = deployment.drop("mails", a_eml=mail("Margaret Ellison met Thomas Okafor in London."))
    result = deployment.ingest(document)
    assert result.success
    shown = next(
        event.step_materialization_data.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key and event.asset_key.to_user_string() == "documents"
    )
    listed = {record.data["document"]: record.data["rejected"] for record in shown["attachments"].records}
    assert listed == {"mails/a.eml/plan.txt": "", "mails/a.eml/more.zip": "", "mails/a.eml/Deep.eml": ""}

    states = take_all(deployment, "mails")
    assert states == {
        "mails/a.eml": "done",
        "mails/a.eml/plan.txt": "done",
        "mails/a.eml/more.zip": "rejected",
        "mails/a.eml/Deep.eml": "done",
        "mails/a.eml/Deep.eml/deep.txt": "done",
    }
    joined = [(row["attachment"], row["times"]) for row in deployment.asked(JOINED, mail="mails/a.eml")]
    assert joined == [("mails/a.eml/Deep.eml", 2), ("mails/a.eml/plan.txt", 1)]
    assert [row["attachment"] for row in deployment.asked(JOINED, mail="mails/a.eml/Deep.eml")] == [
        "mails/a.eml/Deep.eml/deep.txt"
    ]

    before = deployment.asked(EPISODES, collection="mails")
    deployment.ingest(document)
    assert take_all(deployment, "mails") == states
    assert deployment.asked(EPISODES, collection="mails") == before
    assert [(row["attachment"], row["times"]) for row in deployment.asked(JOINED, mail="mails/a.eml")] == joined

    deployment.drop("mails", a_eml=mail("Grace Hopper met Thomas Okafor in Bergen."))
    assert take_all(deployment, "mails") == states
    assert [(row["attachment"], row["times"]) for row in deployment.asked(JOINED, mail="mails/a.eml")] == joined

    inner = remove(deployment.settings, "mails/a.eml/Deep.eml/deep.txt", by="a test")
    assert inner is not None
    assert "inside mails/a.eml/Deep.eml" in inner.stays[-1]

    receipt = remove(deployment.settings, document, by="a test")
    assert receipt is not None
    assert receipt.attachments == ["mails/a.eml/plan.txt", "mails/a.eml/more.zip", "mails/a.eml/Deep.eml"]
    assert deployment.asked(JOINED, mail="mails/a.eml") == []
    assert deployment.upload("mails/a.eml/plan.txt").state == "done"
