"""A server of language models that behaves in ways drawn at random, and counts what its answers cost by itself."""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.evaluation import server_behaviours as ways
from tests.evaluation.server_behaviours import CHAT, NamedFault, tokens_of
from tests.fathom.llm.scripted_server import Asked, Reply

USD_IN, USD_OUT = 3.0, 15.0  # a million tokens
_READ, _WRITE = 0.1, 1.25  # of the price of a token in
PASSING_SHARE, SPOILED_SHARE, FAULTY_TEXTS = 0.2, 0.04, 0.06
_PLAIN_FORMS = frozenset({"answer in the reasoning", "arguments of a tool", "two texts"})
_FACT = re.compile(r"([A-Z]\w+ [A-Z]\w+) (designed|founded) (?:the )?([A-Z]\w+ (?:Bridge|Works)) in (\d{4})")
_TAG = re.compile(r"\b(\d+)-(\d+)\b")


@dataclass
class Phase:
    """A time in which one model is asked: its wire format, its ability and habit of counting, and what happens in it.

    The incident begins after so many answers; one of the account ends after so many refusals, another when it is mended.
    """

    number: int
    wire: str
    ability: str
    count: str
    incident: tuple[str, str] | None = None
    after: int = 2
    refusals: int = 0
    answers: int = 0

    @property
    def model(self) -> str:
        """Its name, another in each phase, so that all is learned anew."""
        return f"served-{self.number}" if self.wire == CHAT else f"claude-served-{self.number}"

    @property
    def fault(self) -> NamedFault | None:
        """What happens in it."""
        if self.incident is None:
            return None
        kind, name = self.incident
        return (ways.OF_ACCOUNTS if kind == "account" else ways.OF_SETTINGS).get(name)

    @property
    def is_faulty(self) -> bool:
        """Whether every question is refused at this moment."""
        return self.fault is not None and self.refusals > 0 and self.answers >= self.after


class BehavingServer:
    """Answers each request well, badly or not at all, by a seed; keeps what it did and what that costs."""

    def __init__(self, seed: int) -> None:
        self.phase = Phase(0, CHAT, "all", "counted")
        self.played: Counter[str] = Counter()
        self.cost: defaultdict[int, float] = defaultdict(float)
        self.text_faults: defaultdict[int, dict[str, str]] = defaultdict(dict)
        self.requests: Counter[str] = Counter()
        self._seed = seed
        self._chance = random.Random(seed)
        self._spared: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        """The reply to a request."""
        with self._lock:
            reply, kind = self._reply(asked)
            self.requests[kind] += 1
            return reply

    def mend(self) -> None:
        """Nothing is refused to everybody any more."""
        self.phase.refusals = 0

    def _reply(self, asked: Asked) -> tuple[Reply, str]:
        phase = self.phase
        if phase.is_faulty and phase.incident is not None:
            kind, name = phase.incident
            self.played[f"{kind}: {name}"] += 1
            phase.refusals -= kind == "account"
            assert phase.fault is not None
            assert phase.fault.reply is not None
            return phase.fault.reply(asked), f"refused, {kind}"
        chat = phase.wire == CHAT
        abilities = ways.CHAT_ABILITIES if chat else ways.MESSAGE_ABILITIES
        if phase.ability in abilities and (refused := abilities[phase.ability](asked)) is not None:
            self.played[f"{'chat' if chat else 'message'} ability: {phase.ability}"] += 1
            return refused, "refused, learned from"
        good = json.dumps(answer_to(asked.text))
        if (fault := self._fault_of(asked.text)) is not None:
            name, one = fault
            self.played[f"text: {name}"] += 1
            if one.reply is not None:
                return one.reply(asked), "refused, text"
            assert one.text is not None
            return self._answered(asked, one.text(good), ending=one.ending), "answered"
        if self._chance.random() < PASSING_SHARE:
            name = self._drawn("passing", ways.PASSING)
            return ways.PASSING[name](asked), "failed"
        phase.answers += 1
        if phase.ability == ways.REASONS_AT_LENGTH and (asked.max_tokens or ways.REASONING) < ways.REASONING:
            self.played[f"chat ability: {phase.ability}"] += 1
            return self._reasoned(asked, asked.max_tokens or 0), "answered"
        if self._chance.random() < SPOILED_SHARE:
            return self._answered(asked, ways.SPOILED[self._drawn("spoiled", ways.SPOILED)](good)), "answered"
        return self._answered(asked, good, well=True), "answered"

    def _fault_of(self, text: str) -> tuple[str, NamedFault] | None:
        """The fault of a text, which has it for ever; the first of a phase has none."""
        if text.startswith("<pairs>") or (found := _TAG.search(text)) is None:
            return None
        tag = found[0]
        if self.phase.answers == 0:
            self._spared.add(tag)
        chance = random.Random(f"{self._seed} {tag}")
        if tag in self._spared or chance.random() >= FAULTY_TEXTS:
            return None
        name = chance.choice(sorted(ways.OF_TEXTS))
        fault = ways.OF_TEXTS[name]
        self.text_faults[int(found[1])][tag] = fault.error
        return name, fault

    def _drawn(self, kind: str, named: Mapping[str, Any], among: Sequence[str] = ()) -> str:
        name = self._chance.choice(list(among) or list(named))
        self.played[f"{kind}: {name}"] += 1
        return name

    def _answered(self, asked: Asked, said: str, *, well: bool = False, ending: str | None = None) -> Reply:
        """An answer of which the text is `said`, in a style and form of its own where it is a good one."""
        forms: Mapping[str, Any] = ways.CHAT_FORMS if self.phase.wire == CHAT else ways.BLOCKS
        form = "content" if self.phase.wire == CHAT else "text"
        if well:
            form = self._drawn("chat form" if self.phase.wire == CHAT else "blocks", forms)
            style = "plain" if form in _PLAIN_FORMS else self._drawn("style", ways.STYLES)
            said = ways.STYLES[style](said)
        made = forms[form](said)
        if self.phase.wire == CHAT:
            finish = {"refusal": "content_filter", None: "stop"}.get(ending, ending)
            return self._sent(asked, {"role": "assistant", **made}, str(finish), said)
        stop = {"length": "max_tokens", None: made[1]}.get(ending, ending)
        return self._sent(asked, made[0], str(stop), said)

    def _reasoned(self, asked: Asked, tokens: int) -> Reply:
        thought = "Hm. " * tokens
        if self.phase.wire == CHAT:
            return self._sent(asked, {"role": "assistant", "content": None, "reasoning_content": thought}, "length", thought)
        return self._sent(asked, [{"type": "thinking", "thinking": thought, "signature": "s"}], "max_tokens", thought)

    def _sent(self, asked: Asked, made: Any, ending: str, written: str) -> Reply:
        chat = self.phase.wire == CHAT
        counts = ways.CHAT_COUNTS if chat else ways.MESSAGE_COUNTS
        kind = "chat count" if chat else "message count"
        habit = self._drawn(kind, counts, [self.phase.count] if self.phase.count in counts else [])
        into, out = tokens_of(json.dumps(asked.body)), tokens_of(written)
        read = into // 2 if habit in ("cache named", "cache read") else 0
        write = into // 2 if habit == "cache written" else 0
        billed = into - read - write + _READ * read + _WRITE * write
        self.cost[self.phase.number] += (billed * USD_IN + out * USD_OUT) / 1e6
        usage = counts[habit](into, out)
        if chat:
            choice = {"index": 0, "message": made, "finish_reason": ending}
            whole = {"id": "c1", "object": "chat.completion", "created": 1, "model": asked.body["model"]}
            return Reply(200, {**whole, "choices": [choice], "usage": usage})
        whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked.body["model"], "content": made}
        return Reply(200, {**whole, "stop_reason": ending, "stop_sequence": None, "usage": usage})


def answer_to(text: str) -> dict[str, Any]:
    """Returns the record of a passage whose sentences are of `text_of`; of pairs none are the same."""
    if text.startswith("<pairs>"):
        return {"same": []}
    entities: dict[str, dict[str, Any]] = {}
    facts = []
    for person, verb, thing, year in _FACT.findall(text):
        kind = "Location" if thing.endswith("Bridge") else "Organization"
        entities[person] = {"name": person, "type": "Person", "aliases": []}
        entities[thing] = {"name": thing, "type": kind, "aliases": []}
        said = f"{person} {verb} {'the ' if kind == 'Location' else ''}{thing} in {year}"
        fact = {"source": person, "relation": verb.upper(), "target": thing, "fact": f"{said}.", "quote": said}
        facts.append({**fact, "valid_at": year, "invalid_at": None, "one_at_a_time": "never"})
    return {"entities": list(entities.values()), "facts": facts}


_FIRST = ("Ada", "Bert", "Clara", "Dora", "Emil", "Flora", "Gustav", "Hanna", "Igor", "Judith", "Karl", "Leonie", "Moritz")
_LAST = ("Moreno", "Lindqvist", "Tanaka", "Okafor", "Petrov", "Haddad", "Novak", "Silva", "Keller", "Duarte", "Byrne")
_PLACES = ("Tamar", "Lynher", "Severn", "Elbe", "Mosel", "Tagus", "Drava", "Vistula", "Arno", "Loire", "Sava", "Tisza")


def text_of(number: int, parts: int) -> bytes:
    """Returns a document of so many parts, each of which names three things and states two facts."""
    said = []
    for part in range(1, parts + 1):
        tag, at = f"{number}-{part}", 4 * number + part
        person = f"{_FIRST[at % len(_FIRST)]} {_LAST[at // len(_FIRST) % len(_LAST)]}"
        bridge, works = f"{_PLACES[at % len(_PLACES)]} Bridge", f"{_LAST[at * 7 % len(_LAST)]} Works"
        said.append(
            f"## Sheet {tag}\n\nSheet {tag} says that {person} designed the {bridge} in {1800 + at % 200}. "
            f"Sheet {tag} adds that {person} founded {works} in {1801 + at % 200}. "
            f"Nothing else stands on sheet {tag}, which was found with many others in a drawer of the old town hall. "
            f"Nobody knows who wrote sheet {tag}, nor when it was written, nor why it was kept there for so long."
        )
    return f"# Letters {number}\n\n".encode() + "\n\n".join(said).encode()
