"""Separates reasoning from the answer, where the server returns both in the same text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMES = r"think|thinking|thoughts?|reasoning|reason|reflection|analysis|scratchpad|rationale"
_OPENERS = re.compile(
    rf"<(?:\w+:)?(?:{_NAMES})(?:\s[^<>]{{0,80}})?>|\[THINK\]|◁think▷|\|startthink\||<\|(?:begin_of_thought|START_THINKING)\|>"
    r"|<details\s+type=.reasoning.[^<>]{0,80}>|<unused94>|<\|?channel\|?>\s*(?:analysis|thought|commentary)",
    re.IGNORECASE,
)
_CLOSERS = re.compile(
    rf"</(?:\w+:)?(?:{_NAMES})\s*>|\[/THINK\]|◁/think▷|\|endthink\||<\|(?:end_of_thought|END_THINKING)\|>|</details>|<unused95>"
    r"|<\|channel\|>\s*final[^<]{0,40}(?:<\|constrain\|>[^<]{0,40})?<\|message\|>|<channel\|>",
    re.IGNORECASE,
)
MAX_CLOSERS = 8  # closing marks that are tried; more are quoted material


@dataclass(frozen=True)
class AnswerText:
    """A text to search for the answer.

    If `mixed`, it may hold reasoning, so that only its last part counts; if `unended`, its reasoning has no end.
    """

    text: str
    mixed: bool = False
    unended: bool = False


def texts_after_reasoning(text: str) -> list[AnswerText]:
    """Returns the texts that may hold the answer, the most likely first: after the reasoning, if there is some.

    A template may put the opening mark into the prompt, so a closing mark alone ends reasoning. A mark within a JSON string
    does not count: a text that begins as JSON or a code fence has no reasoning before it.
    """
    opener = _OPENERS.search(text)
    opened = opener is not None and opener.start() <= (text.find("{") if "{" in text else len(text))
    begins_as_json = text[:1] in ("{", '"') or (text[:1] == "[" and not (opener and opener.start() == 0))
    if begins_as_json or text.startswith(("```", "~~~")):
        return [AnswerText(text)]
    closers = list(_CLOSERS.finditer(text))
    if not closers:
        return [AnswerText(text, mixed=opened, unended=opened)]
    behind = [AnswerText(text[closer.end() :]) for closer in reversed([*closers[:1], *closers[1:][-MAX_CLOSERS:]])]
    return behind if opened else [*behind, AnswerText(text, mixed=True)]
