"""False alarms of a healthy year and faults found, by noise, beside elementary's rule and the best possible for spikes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.figure import Figure
from benchmarks.simulated_year import (
    FAULTS,
    NOISES,
    SIGMAS,
    SLOPE_POINTS,
    WEEK,
    YEAR,
    Fault,
    Noise,
    simulated_noise,
    simulated_series,
)
from fathom.quality.anomalies import FlaggedPoint, MeasuredSeries, find_anomalies, flag_by_window

FAULTS_EACH = 40
WARM_UP_WEEKS = 2
FOUND_WITHIN = 10  # points; a slope is there after SLOPE_POINTS
SEED = 20

Detector = Callable[[MeasuredSeries], Sequence[FlaggedPoint]]


def alarms_a_week(detect: Detector, noise: Noise) -> float:
    """Returns the flagged points in a week of a healthy year."""
    found = detect(simulated_series(np.random.default_rng(SEED), noise))
    return len(found) / (YEAR / WEEK - WARM_UP_WEEKS)


def found_share(detect: Detector, noise: Noise, fault: Fault, count: int) -> float:
    """Returns the share of the faults that are flagged in time, each in a series of ten weeks."""
    rng = np.random.default_rng(SEED + 1)
    within = SLOPE_POINTS if fault == "slope" else FOUND_WITHIN
    hits = 0
    for _ in range(count):
        at = int(rng.integers(7 * WEEK, 10 * WEEK - SLOPE_POINTS))
        series = simulated_series(rng, noise, 10 * WEEK, fault, at)
        flagged = {point.at for point in detect(series)}
        hits += any(at in flagged for at in series.times[at : at + within])
    return hits / count


def best_for_spikes(noise: Noise) -> float:
    """Returns the share of spikes that two limits with an alarm a week together find, if they knew season and noise."""
    sample = np.sort(simulated_noise(np.random.default_rng(SEED + 2), noise, 2_000_000))
    around = simulated_noise(np.random.default_rng(SEED + 3), noise, 200_000)
    found = []
    for below in np.linspace(0, 1, 21):  # share of the alarms that the lower limit gives
        low, high = (sample[round(share * (len(sample) - 1))] for share in (below / WEEK, 1 - (1 - below) / WEEK))
        found.append(np.mean([np.mean((around + size < low) | (around + size > high)) for size in (SIGMAS, -SIGMAS)]))
    return float(max(found))


def elementary(series: MeasuredSeries) -> list[FlaggedPoint]:
    """Flags as elementary does by default: three standard deviations, over 14 days, without a season."""
    return flag_by_window(series, "zscore")


def measure(count: int) -> list[Figure]:
    """Returns the figures of each kind of noise."""
    figures = []
    for noise in NOISES:
        ours, theirs = alarms_a_week(find_anomalies, noise), alarms_a_week(elementary, noise)
        figures.append(Figure(f"false alarms a week, {noise}", ours, "", peer="z-score", peer_value=theirs, goal="≤ 1"))
        for fault in FAULTS:
            note = f"any rule with an alarm a week: {best_for_spikes(noise):.2f}" if fault == "spike" else f"{count} faults"
            share = found_share(find_anomalies, noise, fault, count)
            peer = found_share(elementary, noise, fault, count)
            figures.append(
                Figure(f"{fault} found, {noise}", share, "", peer="z-score", peer_value=peer, goal="≥ .95", note=note)
            )
    return figures


if __name__ == "__main__":
    print(json.dumps([figure.as_dict() for figure in measure(int(sys.argv[1]) if len(sys.argv) > 1 else FAULTS_EACH)]))
