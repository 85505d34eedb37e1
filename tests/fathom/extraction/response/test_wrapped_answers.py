"""An answer gives what it holds however model and server wrap it; what is cut off or no record is asked again and named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from fathom.errors import AnswerTruncated, AnswerUnusable, LanguageModelUnreachable
from fathom.llm.middleware import retry
from tests.fathom.extraction.response.wrapping import Wire, blocks, in_turn, message_of, record, said, well
from tests.fathom.llm.messages_server import MessagesServer

pytestmark = pytest.mark.integration

TEXT = "Ada Moreno designed the Tamar Bridge. Moreno Works was based in Plymouth from 1998 to 2011."
NAMES = ["Ada Moreno", "Tamar Bridge", "Moreno Works", "Plymouth"]
case = pytest.mark.case


def spoiled(good: str) -> str:
    """Python's way to write it, with what people write into JSON."""
    return repr(json.loads(good)).replace("None", "None  # nothing", 1).replace("{'entities'", "{  /* record */ 'entities'", 1)


def in_text(part: str) -> dict[str, str]:
    return {"type": "text", "text": part}


OF_CHAT: dict[str, tuple[Wire, int]] = {
    "think": (said(lambda good: f'<think>\nIt\'s {{a}} bridge: {{"entities": []}} …\n</think>\n\n{good}'), 1),
    "think without its beginning": (said(lambda good: f"So {{Ada}} and it's her bridge.\n</think>\n{good}"), 1),
    "think of others": (said(lambda good: f"[THINK]Let me see [1].[/THINK]{good}"), 1),
    "think of Kimi": (said(lambda good: f"◁think▷hm◁/think▷{good}"), 1),
    "channels": (
        said(
            lambda good: (
                "<|channel|>analysis<|message|>We need {x}<|end|><|start|>assistant<|channel|>final <|constrain|>json"
                f"<|message|>{good}<|return|>"
            )
        ),
        1,
    ),
    "think without its end": (said(lambda good: f"<think>I shall record it.\n```json\n{good}\n```"), 1),
    "fence": (said(lambda good: f"```json\n{good}\n```"), 3),
    "fence of tildes": (said(lambda good: f"~~~JSON\n{good}\n~~~"), 3),
    "fence without its end": (said(lambda good: f"```\n{good}"), 3),
    "prose": (said(lambda good: f"Sure! Here [as asked] is {{the}} record:\n\n```json\n{good}\n```\nIt's {{all}} there."), 4),
    "prose alone": (said(lambda good: f"Here is the record: {good} I hope this helps."), 4),
    "prose of other scripts": (said(lambda good: f"以下是结果：\n{good}\n希望有帮助。"), 4),
    "mark of order": (said(lambda good: f"\ufeff{good}"), 5),
    "signs of no width": (said(lambda good: f"\u200b\ufeff\n{good}\x00"), 5),
    "trailing commas": (said(lambda good: good.replace("}]", "},]").replace("]}", "],}")), 6),
    "comments": (said(lambda good: good.replace("[{", "[ // all of them\n{").replace("}]", "} /* end */]")), 6),
    "as Python writes": (said(spoiled), 6),
    "names without quotes": (said(lambda good: re.sub(r'"(\w+)":', r"\1:", good)), 6),
    "curly quotes": (said(lambda good: re.sub(r'"([^"]*)"', r"“\1”", good)), 6),
    "wide signs": (said(lambda good: good.replace('": "', '"："').replace('", "', '"，"')), 6),
    "a bracket too few": (said(lambda good: good.replace('}], "facts"', '}, "facts"')), 6),
    "without its last brace": (said(lambda good: good[:-1]), 6),
    "raw line break": (said(lambda good: good.replace("Ada Moreno", "Ada\nMoreno").replace("Tamar ", "Tamar\t")), 7),
    "quotes not escaped": (said(lambda good: good.replace("designed the Tamar", 'designed the "Tamar"')), 7),
    "twice": (said(lambda good: good + good), 8),
    "twice, the second cut off": (said(lambda good: f"{good}\n{good[: len(good) // 2]}"), 8),
    "twice in fences": (said(lambda good: f"```json\n{good}\n```\n```json\n{good}\n```"), 8),
    "a part each": (record(lambda whole: [{"entities": whole["entities"]}, {"facts": whole["facts"]}]), 8),
    "a part a line": (said(lambda good: "\n".join(json.dumps({k: v}) for k, v in json.loads(good).items())), 8),
    "a draft before": (said(lambda good: f'First: {{"entities": [], "facts": []}}. Corrected:\n{good}'), 8),
    "in a list": (record(lambda whole: [whole]), 9),
    "in a record": (record(lambda whole: {"record": whole}), 9),
    "as text": (said(json.dumps), 9),
    "as text in a call": (record(lambda whole: {"name": "record", "arguments": json.dumps(whole)}), 9),
    "as a call in the text": (
        said(lambda good: f'<tool_call>\n{{"name": "record", "arguments": {good}}}\n</tool_call>'),
        9,
    ),
    "in the schema": (record(lambda whole: {"type": "object", "properties": whole}), 9),
    "in another's words": (record(lambda whole: {"Nodes": whole["entities"], "relationships": whole["facts"]}), 9),
    "escaped": (said(lambda good: json.dumps(good)[1:-1]), 9),
    "escaped for a page": (said(lambda good: good.replace('"', "&quot;")), 9),
    "in reasoning_content": (message_of(lambda good: {"content": None, "reasoning_content": good}), 13),
    "in reasoning": (message_of(lambda good: {"content": "", "reasoning": f"Let me see.\n{good}"}), 13),
    "in a function": (
        message_of(lambda good: {"content": None, "tool_calls": [{"type": "function", "function": {"arguments": good}}]}),
        13,
    ),
    "beside reasoning": (message_of(lambda good: {"reasoning_content": 'Draft: {"entities": [], "facts": []}'}), 13),
    "parts": (said(lambda good: [in_text(good)]), 14),
    "parts with thinking": (said(lambda good: [{"type": "thinking", "thinking": [in_text("hm {")]}, in_text(good)]), 14),
    "parts in pieces": (said(lambda good: [in_text(good[:40]), {"type": "thinking", "thinking": []}, in_text(good[40:])]), 14),
    "parts of text alone": (said(lambda good: [good[:9], good[9:]]), 14),
    "one part": (said(in_text), 14),
    "an object": (said(json.loads), 14),
}


@pytest.mark.parametrize("wire", [pytest.param(wire, id=name, marks=case(number)) for name, (wire, number) in OF_CHAT.items()])
def test_an_answer_of_a_chat_gives_what_it_holds_however_it_is_wrapped(
    opened: Any, settings_for: Any, server: MessagesServer, wire: Wire
) -> None:
    server.wire = wire
    (found,) = opened(settings_for("openai")).extract([TEXT])
    assert [one.name for one in found.entities] == NAMES
    assert [(one.source, one.relation, one.target) for one in found.facts] == [
        ("Ada Moreno", "DESIGNED", "Tamar Bridge"),
        ("Moreno Works", "BASED_IN", "Plymouth"),
    ]
    assert [one.type for one in found.entities] == ["Person", "Location", "Organization", "Location"]
    assert len(server.requests) == 1


OF_MESSAGES: dict[str, Wire] = {
    "two blocks": blocks(lambda good: [in_text("I'll record {it}…\n"), in_text(good)]),
    "a block in pieces": blocks(lambda good: [in_text(good[:30]), in_text(good[30:])]),
    "fence": blocks(lambda good: [in_text(f"```json\n{good}\n```")]),
    "prose": blocks(lambda good: [in_text(f"Here is what the passage says:\n\n{good}\n\nLet me know!")]),
    "thinking": blocks(
        lambda good: [{"type": "thinking", "thinking": '{"entities": []}', "signature": "x"}, in_text(good)],
    ),
}


@case(51)
@pytest.mark.parametrize("wire", OF_MESSAGES.values(), ids=OF_MESSAGES.keys())
def test_a_message_gives_what_its_blocks_hold(opened: Any, settings_for: Any, server: MessagesServer, wire: Wire) -> None:
    server.wire = wire
    (found,) = opened(settings_for("anthropic")).extract([TEXT])
    assert [one.name for one in found.entities] == NAMES
    assert len(found.facts) == 2
    assert len(server.requests) == 1


def called(given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": "t", "name": "record", "input": given}


@case(61)
@pytest.mark.parametrize(
    "wire",
    [
        blocks(lambda good: [called(good)]),
        blocks(lambda good: [called({"record": good})]),
        blocks(lambda good: [called(json.dumps(good))]),
        blocks(lambda good: [called({name: json.dumps(member) for name, member in json.loads(good).items()})]),
        blocks(lambda good: [in_text("I'll record it."), called(json.loads(good))]),
        blocks(lambda good: [called({}), in_text(good)]),
    ],
    ids=["text", "text in a member", "text twice", "lists as text", "words before", "nothing, and text"],
)
def test_the_input_of_a_tool_may_be_text(opened: Any, settings_for: Any, server: MessagesServer, wire: Wire) -> None:
    server.wire = wire
    (found,) = opened(settings_for("anthropic", llm_model="claude-3-5-haiku")).extract([TEXT])
    assert "tools" in server.requests[-1]["body"]
    assert [one.name for one in found.entities] == NAMES
    assert len(found.facts) == 2


def echoed(body: dict[str, Any]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"entities": {"type": "array", "items": {"type": "object"}}, "facts": {"type": "array", "items": {}}},
        "required": ["entities", "facts"],
    }
    return said(lambda good: json.dumps(schema))(body)  # type: ignore[no-any-return]


SHORT_SCHEMAS: dict[str, dict[str, Any]] = {
    "lists alone": {"type": "array"},
    "described lists": {"type": "array", "description": "what it names", "minItems": 0},
    "lists or nothing": {"type": ["array", "null"]},
    "lists by reference": {"$ref": "#/$defs/List"},
}


def with_lists(kind: dict[str, Any]) -> str:
    """The schema of an answer, each of whose lists is described so."""
    return json.dumps({"type": "object", "properties": {"entities": kind, "facts": kind}})


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        *(
            pytest.param(said(lambda good, kind=kind: with_lists(kind)), "repeats the schema", id=name)
            for name, kind in SHORT_SCHEMAS.items()
        ),
        pytest.param(echoed, "repeats the schema", marks=case(11), id="schema"),
        pytest.param(lambda body: said(lambda good: f"```json\n{_content(echoed(body))}\n```")(body), "schema", id="fenced"),
        pytest.param(said(lambda good: ""), "it is empty", marks=case(12), id="empty"),
        pytest.param(said(lambda good: " \n"), "it is empty", marks=case(12), id="blank"),
        pytest.param(said(lambda good: None), "it is empty", marks=case(12), id="null"),
        pytest.param(said(lambda good: []), "it is empty", marks=case(12), id="no parts"),
        pytest.param(said(lambda good: "I can't help with {that}."), "it is no JSON", id="prose"),
        pytest.param(said(lambda good: f"<think>{good}</think>"), "it is no JSON", id="reasoning alone"),
        pytest.param(said(lambda good: "[" * 100_000), "nested deeper", id="nested"),
        pytest.param(said(lambda good: '{"a":' * 100_000), "nested deeper", id="nested objects"),
        pytest.param(said(lambda good: good + "x" * 10_000_000), "characters", id="long"),
        pytest.param(said(lambda good: '{"entities": [{"name": "Ada"}, ...], "facts": []}'), "no JSON", id="left out"),
    ],
)
def test_what_holds_no_record_is_asked_again_once_and_named(
    opened: Any, settings_for: Any, server: MessagesServer, wire: Wire, why: str
) -> None:
    server.wire = wire
    with pytest.raises(AnswerUnusable, match=why):
        opened(settings_for("openai")).extract([TEXT])
    assert len(server.requests) == 2


def _content(body: dict[str, Any]) -> str:
    return str(body["choices"][0]["message"]["content"])


CUTS: dict[str, Callable[[str], str]] = {
    "in a string": lambda good: good[: len(good) // 2],
    "between facts": lambda good: good[: good.rindex(', {"source"')],
    "behind the entities": lambda good: good[: good.index(', "facts"')],
    "in a fence": lambda good: f"```json\n{good[: len(good) // 2]}\n```",
    "behind reasoning": lambda good: f'<think>{{"entities": [], "facts": []}}</think>{good[:60]}',
    "in reasoning": lambda good: f"<think>First {good} but wait, there is",
    "in a second part": lambda good: f"[{good}, {good[:30]}",
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())
def test_an_answer_that_ends_in_the_middle_is_no_whole_one_whatever_its_server_says(
    opened: Any, settings_for: Any, server: MessagesServer, cut: Callable[[str], str]
) -> None:
    server.wire = in_turn(said(cut), well)
    model = opened(settings_for("openai"))
    (found,) = model.extract([TEXT])
    assert [one.name for one in found.entities] == NAMES
    assert len(found.facts) == 2
    assert len(server.requests) == 2
    longest = [next(v for k, v in one["body"].items() if k.startswith("max_")) for one in server.requests]
    assert longest[1] > longest[0]
    model.extract([TEXT])
    assert len(server.requests) == 2  # the whole one is kept, the cut one is not


def test_an_answer_that_is_always_cut_off_costs_a_bounded_number_of_calls(
    opened: Any, settings_for: Any, server: MessagesServer
) -> None:
    server.wire = said(lambda good: good[: len(good) // 2])
    with pytest.raises(AnswerTruncated):
        opened(settings_for("openai")).extract([" ".join([TEXT] * 20)])
    assert len(server.requests) <= 10


def test_white_space_without_end_behind_a_whole_answer_is_no_reason_to_pay_again(
    opened: Any, settings_for: Any, server: MessagesServer
) -> None:
    server.wire = message_of(lambda good: {"content": good + " \n" * 2000}, finish_reason="length")
    (found,) = opened(settings_for("openai")).extract([TEXT])
    assert len(found.facts) == 2
    assert len(server.requests) == 1


def groq(failed: str | None) -> Wire:
    error = {"message": "Failed to generate JSON. Please adjust your prompt.", "type": "invalid_request_error"}
    more = {"code": "json_validate_failed", **({} if failed is None else {"failed_generation": failed})}
    return lambda body: (400, {"error": {**error, **more}})


@case(29)
@pytest.mark.parametrize("failed", [None, "", "I can't."])
def test_a_generation_that_its_server_refuses_is_asked_for_again(
    opened: Any, settings_for: Any, server: MessagesServer, failed: str | None
) -> None:
    server.wire = in_turn(groq(failed), well)
    (found,) = opened(settings_for("openai")).extract([TEXT])
    assert len(found.facts) == 2
    assert len(server.requests) == 2


@case(29)
def test_a_generation_that_its_server_refuses_is_read_where_it_can_be(
    opened: Any, settings_for: Any, server: MessagesServer
) -> None:
    server.wire = lambda body: groq(f"```json\n{_content(body)}\n```")(body)
    (found,) = opened(settings_for("openai")).extract([TEXT])
    assert len(found.facts) == 2
    assert len(server.requests) == 1


@case(29)
def test_a_generation_that_its_server_always_refuses_is_the_answers_fault(
    opened: Any, settings_for: Any, server: MessagesServer
) -> None:
    server.wire = groq(None)
    with pytest.raises(AnswerUnusable):
        opened(settings_for("openai")).extract([TEXT])
    assert len(server.requests) == 2


ERRORS: dict[str, Wire] = {
    "empty": message_of(lambda good: {"content": ""}, finish_reason="error"),
    "null": message_of(lambda good: {"content": None}, finish_reason="error"),
    "a part": message_of(lambda good: {"content": good[:20]}, finish_reason="error"),
    "with its reason": message_of(
        lambda good: {"content": ""}, finish_reason="error", error={"code": 502, "message": "Upstream is away"}
    ),
}


@case(38)
@pytest.mark.parametrize("wire", ERRORS.values(), ids=ERRORS.keys())
def test_an_answer_that_ended_in_an_error_is_none_and_another_try_may_bring_one(
    opened: Any, settings_for: Any, server: MessagesServer, wire: Wire
) -> None:
    server.wire = in_turn(wire, well)
    (found,) = opened(settings_for("openai")).extract([TEXT])
    assert len(found.facts) == 2


@case(38)
def test_a_server_whose_answers_all_end_in_an_error_is_called_unreachable_with_its_reason(
    opened: Any, settings_for: Any, server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "MAX_TRIES", 2)
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)
    server.wire = ERRORS["with its reason"]
    with pytest.raises(LanguageModelUnreachable, match="Upstream is away"):
        opened(settings_for("openai")).extract([TEXT])
