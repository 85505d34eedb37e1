"""An incident opens once, waits, holds on while it flaps, escalates, cools down, and ends with a notice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fathom.alerts.alert_rules import COOLDOWN_S, AlertRule
from fathom.alerts.findings import AlertFinding
from fathom.alerts.incident import (
    GAP_S,
    JITTER_S,
    MAX_HOLD_S,
    REOPEN_WITHIN_S,
    Incident,
    Step,
    begin,
    dismiss,
    look,
    withdraw,
)

RULE = AlertRule("rule", "warning", "It is wrong", signal="failed_checks", hold_s=60)
SLOW = replace(RULE, for_s=300)
WRONG = AlertFinding("k", "a.md is wrong.", documents=("c/a.md",))


def opened(rule: AlertRule = RULE, now: float = 1000.0) -> Incident:
    step = begin(rule, WRONG, "i1", now)
    assert step.incident is not None
    assert (step.incident.state, step.notice) == ("open", "opened")
    return step.incident


def steps(
    rule: AlertRule, incident: Incident, *looks: tuple[float, AlertFinding | None]
) -> tuple[Incident | None, list[str | None]]:
    """The incident after the looks, and the notices of each."""
    notices: list[str | None] = []
    current: Incident | None = incident
    for now, finding in looks:
        assert current is not None
        step = look(rule, current, finding, now, inhibited=False)
        current = step.incident
        notices.append(step.notice)
    return current, notices


def test_it_opens_with_its_cause_and_is_told_once() -> None:
    incident = opened()
    assert (incident.cause, incident.documents, incident.count) == ("a.md is wrong.", ("c/a.md",), 1)
    _, notices = steps(RULE, incident, *((1000.0 + second, WRONG) for second in range(1, 800, 5)))
    assert set(notices) == {None}


def test_a_rule_that_waits_opens_after_its_time_and_forgets_what_ended_before() -> None:
    waiting = begin(SLOW, WRONG, "i1", 1000.0)
    assert waiting.incident is not None
    assert (waiting.incident.state, waiting.notice) == ("pending", None)
    still, notices = steps(SLOW, waiting.incident, (1150.0, WRONG), (1299.0, WRONG), (1300.0, WRONG))
    assert (notices, still.state if still else "") == ([None, None, "opened"], "open")
    assert steps(SLOW, waiting.incident, (1150.0, WRONG), (1200.0, None)) == (None, [None, None])


def test_what_began_earlier_has_waited_already() -> None:
    step = begin(SLOW, replace(WRONG, since=100.0), "i1", 1000.0)
    assert step.incident is not None
    assert (step.notice, step.incident.began_at) == ("opened", 100.0)


def test_it_is_held_open_for_a_time_and_then_resolved_with_a_notice() -> None:
    ended, notices = steps(RULE, opened(), (1010.0, None), (1069.0, None), (1070.0, None), (1080.0, None))
    assert notices == [None, None, "resolved", None]
    assert ended is not None
    assert (ended.state, ended.resolved_at) == ("resolved", 1070.0)


def test_flapping_is_one_incident_that_is_held_longer_each_time() -> None:
    looks: list[tuple[float, AlertFinding | None]] = []
    for round_ in range(6):
        looks += [(1010.0 + 100 * round_, None), (1060.0 + 100 * round_, WRONG)]
    flapping, notices = steps(RULE, opened(), *looks)
    assert set(notices) == {None}
    assert flapping is not None
    assert flapping.flaps == 6
    held, later = steps(RULE, flapping, (1700.0, None), (1700.0 + MAX_HOLD_S - 1, None), (1700.0 + MAX_HOLD_S, None))
    assert later == [None, None, "resolved"]
    assert held is not None


def test_what_comes_back_soon_is_the_same_incident_and_not_told_again_before_the_cooldown() -> None:
    ended, _ = steps(RULE, opened(), (1010.0, None), (1070.0, None))
    assert ended is not None
    again, notices = steps(RULE, ended, (1100.0, WRONG), (1000.0 + COOLDOWN_S - 1, WRONG))
    assert again is not None
    assert (again.id, again.state, again.flaps, notices) == ("i1", "open", 1, [None, None])
    late = look(RULE, ended, WRONG, 1070.0 + REOPEN_WITHIN_S - 1, inhibited=False)
    assert late.notice == "opened"


def test_more_documents_are_told_after_the_cooldown_and_not_to_who_acknowledged() -> None:
    more = replace(WRONG, count=40)
    incident, notices = steps(RULE, opened(), (1100.0, more), (1000.0 + COOLDOWN_S, replace(more, count=50)))
    assert notices == [None, "updated"]
    assert incident is not None
    assert incident.count == 50
    known = replace(opened(), acknowledged_by="ada", acknowledged_at=1001.0)
    assert steps(RULE, known, (3000.0, more))[1] == [None]


def test_what_becomes_more_severe_or_is_acknowledged_by_nobody_escalates_at_once() -> None:
    critical = replace(WRONG, severity="critical")
    incident, notices = steps(RULE, opened(), (1005.0, critical), (1010.0, WRONG))
    assert notices == ["escalated", None]
    assert incident is not None
    assert incident.severity == "critical"  # it does not fall back
    rule = replace(RULE, escalate_after_s=600)
    assert steps(rule, opened(rule), (1599.0, WRONG), (1600.0, WRONG), (1700.0, WRONG))[1] == [None, "escalated", None]
    known = replace(opened(rule), acknowledged_by="ada", acknowledged_at=1001.0)
    assert steps(rule, known, (1700.0, WRONG))[1] == [None]


def test_what_another_incident_explains_does_not_open_until_that_has_ended() -> None:
    waiting = begin(SLOW, WRONG, "i1", 1000.0).incident
    assert waiting is not None
    explained = look(SLOW, waiting, WRONG, 1500.0, inhibited=True)
    assert explained.notice is None
    assert explained.incident is not None
    assert explained.incident.state == "pending"
    assert look(SLOW, explained.incident, WRONG, 1501.0, inhibited=False).notice == "opened"


@pytest.mark.parametrize("back_s", [3.0, 10.0, 86_400.0])
def test_a_clock_that_was_set_back_moves_what_waits_with_it(back_s: float) -> None:
    moved = 0.0 if back_s <= JITTER_S else back_s
    incident, notices = steps(
        RULE, opened(), (1010.0, None), (1010.0 - back_s, None), (1069.0 - moved, None), (1071.0 - moved, None)
    )
    assert notices == [None, None, None, "resolved"]
    assert incident is not None
    assert incident.resolved_at == 1071.0 - moved
    assert incident.opened_at == 1000.0 - moved


def test_a_clock_that_was_set_back_neither_opens_early_nor_never() -> None:
    waiting = begin(SLOW, WRONG, "i1", 1_000_000.0).incident
    assert waiting is not None
    looks = [(1_000_100.0, WRONG), (5000.0, WRONG), (5100.0, WRONG), (5199.0, WRONG), (5201.0, WRONG)]
    assert steps(SLOW, waiting, *looks)[1] == [None, None, None, None, "opened"]


def test_a_clock_that_jumped_ahead_or_looks_that_stopped_make_it_wait_anew() -> None:
    waiting = begin(SLOW, WRONG, "i1", 1000.0).incident
    assert waiting is not None
    jump = 1000.0 + GAP_S + 3600
    assert steps(SLOW, waiting, (jump, WRONG), (jump + 299, WRONG), (jump + 300, WRONG))[1] == [None, None, "opened"]
    known = replace(WRONG, since=1000.0)  # the finding itself knows since when
    assert steps(SLOW, waiting, (jump, known))[1] == ["opened"]


def test_what_grew_during_the_cooldown_is_told_after_it() -> None:
    more = replace(WRONG, count=40)
    assert steps(RULE, opened(), (1100.0, more), (1899.0, more), (1900.0, more), (2900.0, more))[1] == [
        None,
        None,
        "updated",
        None,
    ]
    other = replace(WRONG, documents=("c/b.md",))  # as many, but not the same
    assert steps(RULE, opened(), (1100.0, other), (1900.0, other), (2900.0, other))[1] == [None, "updated", None]
    less = replace(WRONG, cause="a.md is wrong for 7 min.")
    assert steps(RULE, opened(), (1900.0, less))[1] == [None]


def test_what_was_told_to_be_over_and_came_back_is_told_after_the_cooldown_to_who_acknowledged_too() -> None:
    known = replace(opened(), acknowledged_by="ada", acknowledged_at=1001.0)
    again, notices = steps(RULE, known, (1010.0, None), (1070.0, None), (1100.0, WRONG), (1899.0, WRONG), (1901.0, WRONG))
    assert notices == [None, "resolved", None, None, "updated"]
    assert again is not None
    assert again.acknowledged_by is None


def test_its_severity_does_not_fall_while_it_is_open() -> None:
    critical = begin(RULE, replace(WRONG, severity="critical"), "i1", 1000.0).incident
    assert critical is not None
    less, notices = steps(RULE, critical, (1010.0, WRONG), (1020.0, None), (1080.0, None))
    assert (notices[-1], less.severity if less else "") == ("resolved", "critical")


def test_an_incident_that_a_person_ended_stays_ended_until_it_concerns_more_or_comes_back() -> None:
    ended = dismiss(opened(), "ada", 1100.0)
    assert ended.notice == "resolved"
    assert ended.incident is not None
    assert (ended.incident.resolved_by, ended.incident.resolved_at) == ("ada", 1100.0)
    same, notices = steps(RULE, ended.incident, *((1100.0 + 300 * n, WRONG) for n in range(1, 20)))
    assert set(notices) == {None}
    assert same is not None
    assert same.is_dismissed
    assert steps(RULE, same, (8000.0, replace(WRONG, count=2)))[1] == ["opened"]
    over, _ = steps(RULE, same, (8000.0, None))
    assert over is not None
    assert not over.is_dismissed
    assert steps(RULE, over, (8100.0, WRONG))[1] == ["opened"]


def test_an_incident_whose_rule_is_gone_ends_with_a_notice() -> None:
    assert withdraw(opened(), 1100.0).notice == "resolved"
    waiting = begin(SLOW, WRONG, "i1", 1000.0).incident
    assert waiting is not None
    assert withdraw(waiting, 1100.0) == Step(None)
