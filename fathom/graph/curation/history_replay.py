"""Replays the history of a document's writes, with or without some of them; a pure function of the journal.

A version's write keeps the episodes of chunks that were there before and adds the others, with its own dates. So an episode
is of the first write of the unbroken row of writes that planned it: its origin.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from fathom.ledger.episode import PlannedEpisode
from fathom.ledger.write_journal import GraphWrite, PresentEpisode

BEFORE = ""  # the origin of episodes that are older than the journal

Origins = Mapping[str, str]  # the id of the write that an episode is of, by the episode's uuid


@dataclass(frozen=True)
class WriteEffect:
    """The effect of a write in a history: the episodes before and after it, and those it took out of the graph."""

    write: GraphWrite
    before: Origins
    after: Origins

    @property
    def retired(self) -> Origins:
        """The episodes that the write took out."""
        return {uuid: origin for uuid, origin in self.before.items() if uuid not in self.write.planned_uuids}


@dataclass(frozen=True)
class History:
    """A document's history: the episodes older than the journal, and the effect of each write."""

    base: Sequence[PresentEpisode]
    effects: Sequence[WriteEffect]

    @property
    def origins(self) -> Origins:
        """The episodes that are in the graph now."""
        return self.effects[-1].after if self.effects else {episode.uuid: BEFORE for episode in self.base}

    @property
    def version(self) -> str | None:
        """The version that is in the graph now; None where there is none."""
        if self.effects:
            return self.effects[-1].write.version
        return self.base[0].version if self.base else None

    @property
    def episodes(self) -> list[PlannedEpisode]:
        """The chunks of that version, those without an episode too."""
        if self.effects:
            return list(self.effects[-1].write.planned)
        return [PlannedEpisode(episode.uuid, episode.chunk, episode.position) for episode in self.base]

    def before(self, effect: WriteEffect) -> list[PresentEpisode]:
        """Returns the episodes before the write, with the version and the places that they had then."""
        number = self.effects.index(effect)
        if number == 0:
            return list(self.base)
        earlier = self.effects[number - 1].write
        places = {episode.uuid: episode for episode in earlier.planned}
        return [
            PresentEpisode(uuid, places[uuid].chunk, places[uuid].position, earlier.version)
            for uuid in effect.before
            if uuid in places
        ]


def replay(writes: Sequence[GraphWrite], without: Collection[str] = ()) -> History:
    """Returns the history of all writes of a document, in their order, without those of these ids."""
    base = writes[0].before if writes else ()
    state: dict[str, str] = {episode.uuid: BEFORE for episode in base}
    effects: list[WriteEffect] = []
    for write in writes:
        if write.id in without:
            continue
        present = write.planned_uuids if write.present is None else write.present
        after = {uuid: state.get(uuid, write.id) for uuid in present}
        effects.append(WriteEffect(write, state, after))
        state = after
    return History(base, effects)
