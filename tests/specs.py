"""Every asset, check, sensor and job of the code location as plain data, and the reviewed snapshot of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg

SNAPSHOT = Path(__file__).with_name("specs.json")


def describe(defs: dg.Definitions) -> dict[str, Any]:
    """Keys, dependencies, partitions, groups, kinds, owners and tags, ready to be compared."""
    graph = defs.resolve_asset_graph()
    return {
        "assets": {
            key.to_user_string(): {
                "dependencies": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
                "description": graph.get(key).description,
                "group": graph.get(key).group_name,
                "kinds": sorted(graph.get(key).kinds),
                "owners": sorted(graph.get(key).owners),
                "partitions": _partitions(graph.get(key).partitions_def),
                "tags": {name: value for name, value in sorted(graph.get(key).tags.items()) if "kind" not in name},
                "io_manager": defs.resolve_assets_def(key).get_io_manager_key_for_asset_key(key),
            }
            for key in sorted(graph.get_all_asset_keys())
        },
        "checks": {
            f"{check.asset_key.to_user_string()}.{check.name}": {
                "blocking": graph.get(check).blocking,
                "description": graph.get(check).description,
                "partitions": _partitions(graph.get(check).partitions_def),
            }
            for check in sorted(graph.asset_check_keys, key=lambda check: (check.asset_key, check.name))
        },
        "jobs": {
            job.name: {
                "partitions": _partitions(job.partitions_def),
                "steps": sorted(node.name for node in job.nodes),
                "tags": dict(sorted(job.tags.items())),
                "description": job.description,
            }
            for job in sorted(defs.resolve_all_job_defs(), key=lambda job: job.name)
            if not job.name.startswith("__")
        },
        "sensors": {
            sensor.name: {
                "description": sensor.description,
                "jobs": sorted(target.job_name for target in sensor.targets),
                "seconds_between_ticks": sensor.minimum_interval_seconds,
                "status": sensor.default_status.value,
            }
            for sensor in sorted(defs.sensors or [], key=lambda sensor: sensor.name)
            if isinstance(sensor, dg.SensorDefinition)
        },
    }


def _partitions(partitions: dg.PartitionsDefinition[str] | None) -> str | None:
    return partitions.name if isinstance(partitions, dg.DynamicPartitionsDefinition) else None


if __name__ == "__main__":
    from definitions import defs

    SNAPSHOT.write_text(json.dumps(describe(defs), indent=2, ensure_ascii=False) + "\n")
