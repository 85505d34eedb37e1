"""`fathom extract -` answers every line in order, those that cannot be answered with an error object."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fathom import settings as settings_module
from fathom.cli import json_lines_input
from fathom.llm.middleware import retry
from fathom.settings import Settings
from tests.fathom.llm.messages_server import Fault, MessagesServer

pytestmark = pytest.mark.integration
case = pytest.mark.case

TEXT = "Ada Moreno designed the Tamar Bridge."
UNREAD = {"error": "AnswerUnusable"}
Answered = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def server(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesServer]:
    """The configured language model."""
    running = MessagesServer()
    monkeypatch.setenv("FATHOM_LLM", "openai")
    monkeypatch.setenv("FATHOM_LLM_BASE_URL", f"{running.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", running.key)
    settings_module.settings.cache_clear()
    yield running
    running.stop()


@pytest.fixture
def answered(call: Any, server: MessagesServer, monkeypatch: pytest.MonkeyPatch) -> Answered:
    """`answered(line, line)` is the exit code, the answers and what a person was told."""

    def asked(*lines: str | bytes) -> tuple[int, list[dict[str, Any]], str]:
        given = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        done = call("extract", "-")
        return done.code, [json.loads(line) for line in done.out.splitlines()], done.err

    return asked


def line(name: Any, text: Any = TEXT) -> str:
    return json.dumps({"id": name, "text": text})


@case(47)
def test_lines_after_one_whose_answer_is_unusable_are_answered(answered: Answered, server: MessagesServer) -> None:
    server.faulty = lambda text: Fault("wrong_schema") if "second" in text else None
    code, answers, told = answered(line("a"), line("b", f"{TEXT} second"), line("c"))
    assert code == 5
    assert [one["source"] for one in answers] == ["a", "b", "c"]
    assert [len(one.get("entities", [])) for one in answers] == [2, 0, 2]
    assert answers[1] | UNREAD == answers[1]
    assert answers[1]["line"] == 2
    assert "Line 2" in told


BAD: dict[str, str | bytes] = {
    "no JSON": "{oops",
    "a list": "[1]",
    "no text": '{"id": "b"}',
    "null for a text": '{"id": "b", "text": null}',
    "a number for a text": '{"id": "b", "text": 7}',
    "no id": '{"text": "x"}',
    "nested": "[" * 100_000,
    "no UTF-8": b'{"id": "b", "text": "\xff\xfe"}',
    "too long a text": line("b", "x" * 1_000_001),
}


@case(47)
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_lines_after_a_bad_one_are_answered(answered: Answered, bad: str | bytes) -> None:
    code, answers, _ = answered(line("a"), bad, "", line("c"))
    assert code == 5
    assert [one["source"] for one in answers] in (["a", "b", "c"], ["a", None, "c"])
    assert answers[1]["error"] in ("UsageWrong", "DocumentTooLarge")
    assert answers[1]["line"] == 2
    assert len(answers[2]["entities"]) == 2


@case(47)
def test_a_line_longer_than_any_text_is_passed_over_within_bounds(answered: Answered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines_input, "MAX_LINE_BYTES", 200)
    code, answers, _ = answered(line("a"), line("b", "x" * 5000), line("c"), line("d", "y" * 5000))
    assert code == 5
    assert [one.get("source") for one in answers] == ["a", None, "c", None]
    assert [one.get("line") for one in answers] == [None, 2, None, 4]


@case(47)
def test_lines_none_of_which_can_be_answered_have_failed(answered: Answered) -> None:
    code, answers, _ = answered("{", "[]")
    assert (code, [one["line"] for one in answers]) == (1, [1, 2])


@case(47)
def test_all_lines_answered_are_done(answered: Answered) -> None:
    code, answers, told = answered(b"\xef\xbb\xbf" + line(1).encode(), line("b", ""))
    assert (code, [one["source"] for one in answers]) == (0, ["1", "b"])
    assert "Line" not in told


def test_a_fault_that_is_no_lines_own_is_the_answer_to_the_rest_and_nothing_more_is_asked(
    answered: Answered, server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "MAX_TRIES", 1)
    server.faulty = lambda text: Fault("status", 503, message="Overloaded") if "second" in text else None
    code, answers, told = answered(line("a"), line("b", f"{TEXT} second"), line("c"), line("d"))
    assert code == 3
    assert [one["source"] for one in answers] == ["a", "b", "c", "d"]
    assert [one.get("error") for one in answers] == [None, *["LanguageModelUnreachable"] * 3]
    assert len(server.requests) == 2
    assert told.count("LanguageModel") <= 1
    assert told.count("Line ") == 1


def test_a_key_that_is_refused_is_the_answer_to_all(answered: Answered, server: MessagesServer) -> None:
    server.key = "another"
    code, answers, _ = answered(line("a"), line("b"))
    assert code in (2, 4)
    assert [one["source"] for one in answers] == ["a", "b"]
    assert len({one["error"] for one in answers}) == 1
    assert len(server.requests) == 1
