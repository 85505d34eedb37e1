"""Plans the undo of some writes of a document: what the graph, the ledger and the journal are to hold afterwards.

A plan is complete in itself: it is stored before anything changes, and applying it twice is the same as applying it once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fathom.graph.curation.episode_archive import pack_rows, read_episodes, redated, unpack_rows
from fathom.graph.curation.history_replay import BEFORE, History, WriteEffect, replay
from fathom.graph.curation.write_recorder import EPISODE, VERDICTS
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode import PlannedEpisode
from fathom.ledger.retired_content import RetiredItem, retired_by
from fathom.ledger.write_journal import GraphWrite, WriteJournal

PackedRows = dict[str, Any]  # of an episode, as `pack_rows` returns them


@dataclass(frozen=True)
class UndoPlan:
    """The undo of writes of a document. Everything is JSON.

    Args:
        undone: ids of the undone writes; `versions` and `spans` are their versions, and when each was written.
        version: the version that comes back; None where the document was not in the graph before.
        accepted_at: when that version was accepted, if known.
        removed: episodes that leave the graph.
        saved: rows of episodes that come back, or get the dates of another version.
        episodes: uuid, chunk and position of the episodes that are in the graph afterwards.
        retired: by the id of a remaining write, the rows of all episodes that it took away.
        histories: by the id of a remaining write, the episodes before and after it.
        verdicts: verdicts that the undone writes pruned.
        heir: the remaining write that takes the pruned verdicts over; None for the last writes.
        missing: episodes whose content is not kept any more.
    """

    document: str
    undone: list[str]
    versions: list[str]
    spans: list[list[float | None]]
    version: str | None
    accepted_at: float | None
    removed: list[str]
    saved: list[PackedRows]
    episodes: list[list[Any]]
    retired: dict[str, dict[str, PackedRows]] = field(default_factory=dict[str, dict[str, PackedRows]])
    histories: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    verdicts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    heir: str | None = None
    missing: list[str] = field(default_factory=list[str])

    def as_json(self) -> dict[str, Any]:
        """Returns the plan as a JSON object."""
        return asdict(self)

    @property
    def planned(self) -> list[PlannedEpisode]:
        """The episodes that are in the graph afterwards."""
        return [PlannedEpisode(*episode) for episode in self.episodes]


def plan_undo(connection: GraphConnection, journal: WriteJournal, document: str, undone: Collection[str]) -> UndoPlan | None:
    """Plans to undo these writes of the document; None where none of them is in the journal. Raises GraphUnreachable."""
    writes = journal.of_document(document)
    gone = [write for write in writes if write.id in undone]
    if not gone:
        return None
    old, new = replay(writes), replay(writes, undone)
    archive = _Archive(connection, journal, old, {write.id: write for write in writes})
    changed = {uuid for uuid in old.origins.keys() | new.origins.keys() if old.origins.get(uuid) != new.origins.get(uuid)}
    saved = archive.rows({uuid: new.origins[uuid] for uuid in changed if uuid in new.origins})
    lost = {uuid for uuid in changed if uuid in new.origins and uuid not in saved}
    places = {episode.uuid: episode for episode in new.episodes}
    after = [places[uuid] for uuid in new.origins if uuid in places and uuid not in lost]
    later = [effect.write.id for effect in new.effects if effect.write.began_at > gone[-1].began_at]
    return UndoPlan(
        document=document,
        undone=[write.id for write in gone],
        versions=sorted({write.version for write in gone}),
        spans=[[write.began_at, write.ended_at] for write in gone],
        version=new.version,
        accepted_at=new.effects[-1].write.dates.accepted_at.timestamp() if new.effects else None,
        removed=sorted(uuid for uuid in changed if uuid in old.origins),
        saved=list(saved.values()),
        episodes=[[episode.uuid, episode.chunk, episode.position] for episode in after],
        retired=_retired(archive, old, new),
        histories={
            effect.write.id: {
                "before": [[one.uuid, one.chunk, one.position, one.version] for one in new.before(effect)],
                "present": sorted(effect.after),
            }
            for effect in new.effects
        },
        verdicts=[item.content for write in gone for item in archive.items[write.id] if item.kind == VERDICTS],
        heir=later[0] if later else None,
        missing=sorted(lost),
    )


class _Archive:
    """All known rows of a document's episodes: in the graph, and retired by its writes."""

    def __init__(
        self, connection: GraphConnection, journal: WriteJournal, history: History, writes: dict[str, GraphWrite]
    ) -> None:
        self._connection = connection
        self._now = history.origins
        self._writes = writes
        self.items: dict[str, list[RetiredItem]] = {write: retired_by(journal.engine, write) for write in writes}
        self._copies: dict[str, dict[str, PackedRows]] = {}  # by uuid and origin
        for effect in history.effects:
            kept = {item.key: item.content for item in self.items[effect.write.id] if item.kind == EPISODE}
            for uuid, origin in effect.retired.items():
                if uuid in kept:
                    self._copies.setdefault(uuid, {})[origin] = kept[uuid]

    def rows(self, origins: dict[str, str]) -> dict[str, PackedRows]:
        """Returns the rows of each episode as the write of its origin wrote them, without those that are not kept."""
        self._read(uuid for uuid, origin in origins.items() if origin not in self._copies.get(uuid, {}))
        found: dict[str, PackedRows] = {}
        for uuid, origin in origins.items():
            copies = self._copies.get(uuid, {})
            if origin in copies:
                found[uuid] = copies[origin]
            elif copies and origin != BEFORE:
                write = self._writes[origin]
                position = next(episode.position for episode in write.planned if episode.uuid == uuid)
                found[uuid] = pack_rows(redated(unpack_rows(next(iter(copies.values()))), write.dates, position))
        return found

    def _read(self, uuids: Any) -> None:
        wanted = [uuid for uuid in uuids if uuid in self._now]
        for uuid, rows in read_episodes(self._connection, wanted).items():
            self._copies.setdefault(uuid, {})[self._now[uuid]] = pack_rows(rows)


def _retired(archive: _Archive, old: History, new: History) -> dict[str, dict[str, PackedRows]]:
    """Returns the rows that each remaining write retired in the new history, where these are others than before."""
    before = {effect.write.id: effect.retired for effect in old.effects}
    changed: Sequence[WriteEffect] = [effect for effect in new.effects if effect.retired != before[effect.write.id]]
    return {effect.write.id: archive.rows(dict(effect.retired)) for effect in changed}
