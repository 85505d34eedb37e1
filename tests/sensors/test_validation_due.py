"""The sensor of validations asks for one a day after the ledger changed, or a week after the last, and for none before."""

from __future__ import annotations

import json
import time

import dagster as dg
import pytest

from fathom.database import open_database
from fathom.ledger.episode import PlannedEpisode, ProducerVersions
from fathom.ledger.episode_ledger import Ledger
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.settings import Settings
from sensors.validation_due import LastValidation, graph_validation_due

DAY = 86_400.0


@pytest.mark.parametrize(
    ("days", "changed", "due"),
    [(0.9, True, False), (1.1, True, True), (1.1, False, False), (6.9, False, False), (7.1, False, True)],
)
def test_a_change_makes_it_due_after_a_day_and_nothing_after_a_week(days: float, changed: bool, due: bool) -> None:
    assert LastValidation(at=0.0, change=5.0).is_due(days * DAY, 6.0 if changed else 5.0) is due


def test_it_waits_a_day_then_asks_once(home_settings: Settings) -> None:
    write_dagster_home(home_settings)
    prepare_storage(home_settings)
    ledger = Ledger(open_database(home_settings.operational_url))
    ledger.plan("c/a.md", "v", [PlannedEpisode("e", "c", 0)], ProducerVersions("c", "p", "m", "e"))

    def ticked(cursor: str | None) -> tuple[object, str | None]:
        with (
            dg.DagsterInstance.from_config(str(home_settings.dagster_home)) as instance,
            dg.build_sensor_context(instance=instance, cursor=cursor) as context,
        ):
            return graph_validation_due(context), context.cursor

    for unreadable in (None, "", "nonsense", "[1]", '{"at": 1}'):
        result, cursor = ticked(unreadable)
        assert isinstance(result, dg.SkipReason)
        assert json.loads(cursor or "")[0] == pytest.approx(time.time(), abs=60)
    result, cursor = ticked(json.dumps([time.time() - 1.5 * DAY, 0.0]))
    assert isinstance(result, dg.RunRequest)
    result, cursor = ticked(cursor)
    assert isinstance(result, dg.SkipReason)
    assert result.skip_message == "The last validation was 0 hours ago."
