"""Parts what a model thinks from what it answers, where its server leaves both in one text."""

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
MAX_CLOSERS = 8  # that are looked behind; more stand in the material


@dataclass(frozen=True)
class Behind:
    """A text to look for the answer in.

    In a `mixed` one reasoning may be left, so that only its last words count; in an `unended` one it is there and has no end.
    """

    text: str
    mixed: bool = False
    unended: bool = False


def behind_reasoning(text: str) -> list[Behind]:
    """Returns where the answer may stand, the likeliest place first: behind the reasoning, where there is some.

    A template may have written the opening mark into the prompt, so a closing mark alone ends a reasoning. A mark within a
    JSON string is none: a text that begins as JSON or a fence does has no reasoning before it.
    """
    opener = _OPENERS.search(text)
    opened = opener is not None and opener.start() <= (text.find("{") if "{" in text else len(text))
    begins_as_json = text[:1] in ("{", '"') or (text[:1] == "[" and not (opener and opener.start() == 0))
    if begins_as_json or text.startswith(("```", "~~~")):
        return [Behind(text)]
    closers = list(_CLOSERS.finditer(text))
    if not closers:
        return [Behind(text, mixed=opened, unended=opened)]
    behind = [Behind(text[one.end() :]) for one in reversed([*closers[:1], *closers[1:][-MAX_CLOSERS:]])]
    return behind if opened else [*behind, Behind(text, mixed=True)]
