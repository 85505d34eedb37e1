"""What Dagster is told exists: a change to any asset, check, sensor or job shows here, for review.

Write the snapshot anew with `python -m tests.specs` after a change that is meant.
"""

from __future__ import annotations

import json

from definitions import defs
from tests.specs import SNAPSHOT, describe


def test_every_asset_check_sensor_and_job_is_as_reviewed() -> None:
    assert describe(defs) == json.loads(SNAPSHOT.read_text())
