"""`fathom graph entities`, `facts`, `decisions`, `duplicates` and `at`: what people look at and decide."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.output import AsJson, print_result, print_text, say, table

if TYPE_CHECKING:
    from fathom.graph.read.entity_views import EntityView, FactView
    from fathom.operations.graph.curate import CurationResult, Decider, DecisionView
    from fathom.settings import Settings

entities = typer.Typer(
    help="Show, merge, split and rename entities.",
    epilog="Example: fathom graph entities show 'IBM' --collection research",
    no_args_is_help=True,
)
facts = typer.Typer(
    help="Show, retire and restore facts.",
    epilog="Example: fathom graph facts retire UUID --reason 'a joke'",
    no_args_is_help=True,
)
decisions = typer.Typer(help="List decisions of people, and undo one.", invoke_without_command=True)
for name, commands in (("entities", entities), ("facts", facts), ("decisions", decisions)):
    group.add_typer(commands, name=name)

Collection = Annotated[str | None, typer.Option("--collection", "-c", help="The collection, to name entities in it.")]
Entity = Annotated[str, typer.Argument(metavar="ENTITY", help="Its uuid, or its name with --collection.")]
Fact = Annotated[str, typer.Argument(metavar="FACT", help="Its uuid.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for those who look.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
MAX_SHOWN = 5  # mentions and facts of an entity that are printed


@entities.command("show", epilog="Example: fathom graph entities show 'Ada Lovelace' --collection research")
def show_entity(entity: Entity, collection: Collection = None, as_json: AsJson = False) -> int:
    """Show an entity with its names, mentions, sentences and facts."""
    from fathom.operations.graph.curate import show_entities

    [found] = show_entities(deployment(), [entity], collection)
    print_result(found, as_json, lambda: _print_entities([found]))
    return 0


@entities.command(epilog="Example: fathom graph entities merge 'IBM' 'I.B.M. Corp' --collection research")
def merge(
    entity: Entity,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The entity that is the same.")],
    collection: Collection = None,
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Decide that two entities are the same: by all their names, in later documents too, whatever the model says."""
    from fathom.operations.graph.curate import merge_entities, show_entities

    settings = deployment()
    left, right = show_entities(settings, [entity, other], collection)
    _confirm(settings, [left, right], f"Are {left.name} and {right.name} the same?", yes)
    return _print_decided(merge_entities(settings, left, right, _decider(reason)), as_json)


@entities.command(epilog="Example: fathom graph entities split 'IBM' --names 'Big Blue' --collection research")
def split(
    entity: Entity,
    names: Annotated[list[str] | None, typer.Option("--names", help="A name that is another's; may be repeated.")] = None,
    other: Annotated[str | None, typer.Option("--from", help="An entity that is another, to be kept apart.")] = None,
    collection: Collection = None,
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Decide that some names of an entity are another's, or that two entities are different."""
    from fathom.errors import UsageWrong
    from fathom.operations.graph.curate import keep_apart, show_entities, split_entity

    settings = deployment()
    if bool(names) == (other is not None):
        raise UsageWrong("Name either names of the entity that are another's, or another entity with --from.")
    if other is not None:
        left, right = show_entities(settings, [entity, other], collection)
        _confirm(settings, [left, right], f"Are {left.name} and {right.name} different?", yes)
        return _print_decided(keep_apart(settings, left, right, _decider(reason)), as_json)
    assert names is not None
    [found] = show_entities(settings, [entity], collection)
    _confirm(settings, [found], f"Are {', '.join(names)} another than {found.name}?", yes)
    return _print_decided(split_entity(settings, found, names, _decider(reason)), as_json)


@entities.command(epilog="Example: fathom graph entities rename 'Ibm' 'IBM' --collection research")
def rename(
    entity: Entity,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name to show.")],
    collection: Collection = None,
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Decide the name of an entity, which no document changes then."""
    from fathom.operations.graph.curate import rename_entity, show_entities

    settings = deployment()
    [found] = show_entities(settings, [entity], collection)
    _confirm(settings, [found], f"Call {found.name} {name}?", yes)
    return _print_decided(rename_entity(settings, found, name, _decider(reason)), as_json)


@facts.command("show", epilog="Example: fathom graph facts show 0f5c6b1e-7a43-5b0e-9d53-1f1a2b3c4d5e")
def show_one_fact(fact: Fact, as_json: AsJson = False) -> int:
    """Show a fact with its dates and the documents that assert it."""
    from fathom.operations.graph.curate import show_fact

    _, found = show_fact(deployment(), fact)
    print_result(found, as_json, lambda: _print_facts([found]))
    return 0


@facts.command(epilog="Example: fathom graph facts retire 0f5c6b1e-7a43-5b0e-9d53-1f1a2b3c4d5e --reason 'a joke'")
def retire(fact: Fact, reason: Reason = "", yes: Yes = False, as_json: AsJson = False) -> int:
    """Decide that a fact does not hold, whatever documents say; it stays in the record."""
    return _decide_fact(fact, reason, yes, as_json, restore=False)


@facts.command(epilog="Example: fathom graph facts restore 0f5c6b1e-7a43-5b0e-9d53-1f1a2b3c4d5e")
def restore(fact: Fact, reason: Reason = "", yes: Yes = False, as_json: AsJson = False) -> int:
    """Decide that a retired fact holds after all."""
    return _decide_fact(fact, reason, yes, as_json, restore=True)


@decisions.callback(epilog="Example: fathom graph decisions --collection research")
def list_all(
    context: typer.Context,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only of this collection.")] = None,
    limit: Annotated[int, typer.Option(help="Maximum number of decisions.", min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> int:
    """List the decisions of people on entities and facts, the newest first."""
    if context.invoked_subcommand:
        return 0
    from fathom.operations.graph.curate import list_decisions

    found = list_decisions(deployment(), collection, limit)
    print_result({"decisions": found}, as_json, lambda: _print_decisions(found))
    return 0


@decisions.command("undo", epilog="Example: fathom graph decisions undo 3f1a2b3c4d5e")
def undo_one(
    decision: Annotated[str, typer.Argument(metavar="ID", help="The decision's id.")],
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Its collection, if copies have it too.")] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Take a decision back: what it replaced holds again."""
    from fathom.operations.graph.curate import find_decision, in_words, undo_decision

    settings = deployment()
    found = find_decision(settings, decision, collection)
    _confirm(settings, [], f"Take this back? {in_words(found)}", yes)
    return _print_decided(undo_decision(settings, decision, _decider(""), collection=collection), as_json)


@group.command(epilog="Example: fathom graph duplicates --collection research --limit 20")
def duplicates(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only of this collection.")] = None,
    limit: Annotated[int, typer.Option(help="Maximum number of pairs.", min=1, max=500)] = 20,
    as_json: AsJson = False,
) -> int:
    """List entities that may be the same and wait for a decision, with the evidence of both."""
    from fathom.operations.graph.duplicate_queue import suspected_duplicates

    queue = suspected_duplicates(deployment(), collection, limit)

    def shown() -> None:
        for number, pair in enumerate(queue.pairs, start=1):
            alike = "the same name" if pair.cosine is None else f"cosine {pair.cosine:.2f}"
            print_text(f"{number}. {pair.left.name} | {pair.right.name} ({pair.collection}, {alike})")
            _print_entities([pair.left, pair.right])

    print_result(queue, as_json, shown)
    say(f"{len(queue.pairs)} of {queue.total} pairs. Decide with `fathom graph entities merge`, or `split` to keep them apart.")
    return 0


@group.command(epilog="Example: fathom graph at 2019-06-01 --collection research --entity 'Ada Lovelace'")
def at(
    moment: Annotated[str, typer.Argument(metavar="TIME", help="As 2019, 2019-06-01 or 2019-06-01T10:00:00Z.")],
    recorded: Annotated[bool, typer.Option("--recorded", help="What the graph held then, not what held in the world.")] = False,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only of this collection.")] = None,
    entity: Annotated[str | None, typer.Option(help="Only facts of this entity: uuid, or name with --collection.")] = None,
    limit: Annotated[int, typer.Option(help="Maximum number of facts.", min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> int:
    """Show entities and facts as of a time."""
    from fathom.operations.graph.graph_at_time import graph_at, parse_moment

    found = graph_at(deployment(), parse_moment(moment, recorded=recorded), collection=collection, entity=entity, limit=limit)
    print_result(found, as_json, lambda: _print_facts(found.facts))
    say(f"{len(found.facts)} of {found.facts_total} facts of {len(found.entities)} entities.")
    return 0


def _decide_fact(fact: str, reason: str, yes: bool, as_json: bool, *, restore: bool) -> int:
    from fathom.operations.graph.curate import retire_fact, show_fact

    settings = deployment()
    _, found = show_fact(settings, fact)
    if not yes:
        _print_facts([found])
    question = f"Does it hold after all? {found.fact}" if restore else f"Retire it? {found.fact}"
    _confirm(settings, [], question, yes)
    return _print_decided(retire_fact(settings, fact, _decider(reason), restore=restore), as_json)


def _confirm(settings: Settings, evidence: Sequence[EntityView], question: str, yes: bool) -> None:
    """Shows the evidence and asks. Raises Refused without a yes, and for users other than the owner of this host."""
    from fathom.errors import Refused
    from fathom.security.host_owner import require_owner

    require_owner(settings)
    if yes:
        return
    _print_entities(evidence)
    if not (sys.stdin.isatty() and typer.confirm(question, err=True)):
        raise Refused("Nothing was decided: nobody confirmed it.", hint="Confirm it with --yes.")


def _decider(reason: str) -> Decider:
    from fathom.operations.graph.curate import Decider
    from fathom.security.actor import OWNER

    return Decider(OWNER, reason)


def _print_decided(result: CurationResult, as_json: bool) -> int:
    print_result(result, as_json, lambda: _print_decisions([result.decision]))
    say(f"Decided. `fathom graph decisions undo {result.decision.id}` takes it back.")
    return 0


def _print_entities(found: Iterable[EntityView]) -> None:
    for one in found:
        print_text(f"{one.name} ({', '.join(one.types) or 'no type'}) {one.uuid}")
        print_text(f"  names: {', '.join(f'{name} ({times})' for name, times in one.names.items())}")
        for mention in one.mentions[:MAX_SHOWN]:
            print_text(f"  {mention.document}: {mention.sentence or mention.name}")
        for fact in one.facts[:MAX_SHOWN]:
            print_text(f"  {fact.source} {fact.relation} {fact.target}: {fact.fact}")


def _print_facts(found: Sequence[FactView]) -> None:
    columns = ("source", "relation", "target", "fact", "from", "until", "documents>", "uuid")
    rows = (
        (one.source, one.relation, one.target, one.fact, _day(one.valid_at), _day(one.invalid_at), len(one.documents), one.uuid)
        for one in found
    )
    table(columns, rows)


def _print_decisions(found: Sequence[DecisionView]) -> None:
    rows = (
        (
            one.id,
            one.collection,
            one.kind,
            one.what,
            one.decided_by,
            time.strftime("%Y-%m-%d", time.gmtime(one.decided_at)),
            f"undone by {one.undone_by}" if one.undone_at else ("" if one.applied else "not applied yet"),
        )
        for one in found
    )
    table(("id", "collection", "kind", "decision", "by", "on", "state"), rows)


def _day(moment: object) -> str:
    return str(moment)[:10] if moment else ""
