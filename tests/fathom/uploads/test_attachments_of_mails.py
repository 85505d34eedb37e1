"""What came with a mail is accepted as documents of its own, once, within bounds, and knows its mail."""

from __future__ import annotations

import time

import pytest

from fathom.errors import UnsafePath
from fathom.ids import attachment_id
from fathom.uploads.attachments_of_mails import MAX_NESTED_MAILS, NO_MAIL_LINKS, MailAttachment, MailLinks, mail_links
from fathom.uploads.intake import Intake
from tests.fathom.uploads.conftest import Desk

MAIL = "mails/a.eml"


def mailed(desk: Desk) -> Intake:
    """An intake that has accepted a mail."""
    intake = desk.intake()
    desk.drop(MAIL, "Subject: x\n\nA.")
    assert intake.look().accepted == [MAIL]
    return intake


def states(intake: Intake) -> dict[str, tuple[str, str | None]]:
    return {one.document: (str(one.state), one.reason) for one in intake.list()}


def test_each_is_an_accepted_upload_with_its_bytes_in_the_store(desk: Desk) -> None:
    intake = mailed(desk)
    told = intake.accept_attachments(MAIL, "v1", [MailAttachment("plan.txt", b"The plan."), MailAttachment("zero.bin", b"")])
    assert [(one.document, one.size, one.error) for one in told] == [
        ("mails/a.eml/plan.txt", 9, None),
        ("mails/a.eml/zero.bin", 0, None),
    ]
    row = intake.state_of("mails/a.eml/plan.txt")
    assert row is not None
    assert (row.state, row.collection, row.size) == ("accepted", "mails", 9)
    with intake.store.open_local(row.version or "") as path:
        assert path.read_bytes() == b"The plan."


def test_they_wait_for_a_run_like_any_upload_and_no_look_at_the_inbox_touches_them(desk: Desk) -> None:
    intake = mailed(desk)
    intake.accept_attachments(
        MAIL, "v1", [MailAttachment("plan.txt", b"The plan."), MailAttachment("bad.pdf", None, "Broken.")]
    )
    before = states(intake)
    assert intake.look().accepted == []
    assert states(intake) == before
    planned = {document for run in intake.plan_runs(0) for document in run.documents}
    assert planned == {MAIL, "mails/a.eml/plan.txt"}


def test_the_same_mail_again_repeats_nothing_and_a_changed_attachment_is_one_more_version(desk: Desk) -> None:
    intake = mailed(desk)
    pieces = [MailAttachment("plan.txt", b"The plan."), MailAttachment("map.png", b"map")]
    intake.accept_attachments(MAIL, "v1", pieces, now=100.0)
    for document in ("mails/a.eml/plan.txt", "mails/a.eml/map.png"):
        version = intake.state_of(document)
        assert version is not None
        intake.mark_running(document, run_id="r")
        intake.mark_done(document, version.version or "", run_id="r")
    done = intake.list()
    intake.accept_attachments(MAIL, "v1", pieces, now=200.0)
    assert intake.list() == done
    intake.accept_attachments(MAIL, "v2", [pieces[0], MailAttachment("map.png", b"another map")], now=300.0)
    assert states(intake)["mails/a.eml/plan.txt"] == ("done", None)
    assert states(intake)["mails/a.eml/map.png"] == ("accepted", None)


def test_what_cannot_be_taken_is_rejected_by_name_and_the_others_are_taken(desk: Desk) -> None:
    intake = mailed(desk)
    intake._settings = intake._settings.model_copy(update={"max_file_mb": 1})
    pieces = [
        MailAttachment("bad.pdf", None, "Broken."),
        MailAttachment("large.bin", bytes(1024**2 + 1)),
        MailAttachment("good.txt", b"Good."),
    ]
    told = intake.accept_attachments(MAIL, "v1", pieces)
    assert [one.error.name if one.error else None for one in told] == ["DocumentDamaged", "DocumentTooLarge", None]
    assert states(intake) == {
        MAIL: ("accepted", None),
        "mails/a.eml/bad.pdf": ("rejected", "DocumentDamaged"),
        "mails/a.eml/large.bin": ("rejected", "DocumentTooLarge"),
        "mails/a.eml/good.txt": ("accepted", None),
    }


def test_mails_in_mails_are_followed_so_far_and_no_further(desk: Desk) -> None:
    intake = mailed(desk)
    mail = MAIL
    for _ in range(MAX_NESTED_MAILS):
        (one,) = intake.accept_attachments(mail, "v", [MailAttachment("in.eml", b"Subject: x\n\nA.")])
        assert one.error is None
        mail = one.document
    (one,) = intake.accept_attachments(mail, "v", [MailAttachment("in.eml", b"Subject: x\n\nA.")])
    assert one.error is not None
    assert (one.error.name, states(intake)[one.document]) == ("NestedTooDeep", ("rejected", "NestedTooDeep"))


def test_a_document_knows_its_mail_and_a_mail_what_came_with_it_in_order(desk: Desk) -> None:
    intake = mailed(desk)
    intake.accept_attachments(MAIL, "v1", [MailAttachment("b.txt", b"b"), MailAttachment("a.txt", b"a")], now=time.time())
    found = mail_links(intake.engine, [MAIL, "mails/a.eml/a.txt", "mails/other.txt"])
    assert found == {
        MAIL: MailLinks(None, ("mails/a.eml/b.txt", "mails/a.eml/a.txt")),
        "mails/a.eml/a.txt": MailLinks(MAIL),
        "mails/other.txt": NO_MAIL_LINKS,
    }


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a"])
def test_a_name_with_a_path_is_no_name_of_an_attachment(name: str) -> None:
    with pytest.raises(UnsafePath):
        attachment_id(MAIL, name)
    assert attachment_id(MAIL, "50%...\n.txt") == "mails/a.eml/50%25%2E..%0A.txt"
