"""Who waits for a mail waits for what came with it, too."""

from __future__ import annotations

import io
import time

import pytest

from fathom.errors import DocumentLocked
from fathom.operations import ingest
from fathom.operations.ingest import Progress, wait
from fathom.settings import Settings
from fathom.uploads.attachments_of_mails import MailAttachment
from fathom.uploads.inbox.inbox_writer import PlacedFile, place
from fathom.uploads.intake import Intake, open_intake

MAIL, PLAN, WITHIN, NOTE = "law/a.eml", "law/a.eml/plan.txt", "law/a.eml/b.eml", "law/a.eml/b.eml/note.txt"


class Working:
    """Stands for a deployment: each time the waiting one sleeps, it does one more piece of work."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.left = [
            lambda: intake.accept_attachments(
                MAIL, self._version(MAIL), [MailAttachment("plan.txt", b"A plan."), MailAttachment("b.eml", b"B.")]
            ),
            lambda: self._done(MAIL),
            lambda: self._done(PLAN),
            lambda: intake.accept_attachments(WITHIN, self._version(WITHIN), [MailAttachment("note.txt", b"A note.")]),
            lambda: self._done(WITHIN),
            lambda: self._rejected(NOTE),
        ]

    def __call__(self, seconds: float) -> None:
        assert self.left, "it waits on though all is over"
        self.left.pop(0)()

    def _version(self, document: str) -> str:
        upload = self._intake.state_of(document)
        assert upload is not None
        assert upload.version is not None
        return upload.version

    def _done(self, document: str) -> None:
        self._intake.mark_running(document, run_id="r1")
        assert self._intake.mark_done(document, self._version(document), run_id="r1")

    def _rejected(self, document: str) -> None:
        self._intake.mark_running(document, run_id="r1")
        assert self._intake.mark_failed(document, self._version(document), error=DocumentLocked("Locked."), run_id="r1")


@pytest.fixture
def mail(home_settings: Settings) -> PlacedFile:
    placed = place(home_settings, "law", "a.eml", io.BytesIO(b"Subject: x\n\nA."))
    open_intake(home_settings).look()
    return placed


def test_a_mail_is_through_when_all_that_came_with_it_is(
    home_settings: Settings, mail: PlacedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = Working(open_intake(home_settings))
    monkeypatch.setattr(ingest.time, "sleep", working)
    told: list[Progress] = []
    ended = wait([mail], home_settings, on_progress=told.append)
    assert working.left == []
    assert [(one.document, str(one.state)) for one in ended] == [
        (MAIL, "done"), (PLAN, "done"), (WITHIN, "done"), (NOTE, "rejected"),
    ]  # fmt: skip
    assert [len(one.uploads) for one in told] == sorted(len(one.uploads) for one in told)
    assert (told[-1].ended, len(told[-1].uploads)) == (4, 4)


def test_what_was_removed_or_listed_as_rejected_is_not_waited_for(
    home_settings: Settings, mail: PlacedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = open_intake(home_settings)
    intake.accept_attachments(MAIL, mail.version, [MailAttachment("broken.bin", None, "Its encoding in the mail is broken.")])
    intake.mark_done(MAIL, mail.version)

    def never(seconds: float) -> None:
        raise AssertionError("it waits though all is over")

    monkeypatch.setattr(ingest.time, "sleep", never)
    assert [str(one.state) for one in wait([mail], home_settings)] == ["done", "rejected"]


def test_who_is_overtaken_before_he_waits_waits_for_what_took_his_place(
    home_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = time.time()
    mine = place(home_settings, "law", "b.txt", io.BytesIO(b"Mine."))
    intake = open_intake(home_settings)
    intake.look()
    theirs = place(home_settings, "law", "b.txt", io.BytesIO(b"Theirs, which came later."))
    intake.look()
    left = [
        lambda: intake.mark_running("law/b.txt", run_id="r1"),
        lambda: intake.mark_done("law/b.txt", theirs.version, run_id="r1"),
    ]
    monkeypatch.setattr(ingest.time, "sleep", lambda seconds: left.pop(0)())
    (ended,) = wait([mine], home_settings, since=since)
    assert (ended.version, left) == (theirs.version, [])
