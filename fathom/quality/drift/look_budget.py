"""Spends a yearly budget of false alarms over looks, so that looking every day raises no more of them.

Each look may raise a false alarm with a probability in proportion to the time since the look before it. This is a linear
alpha-spending function (Lan and DeMets 1983, "Discrete sequential boundaries for clinical trials", Biometrika 70:659-663):
neither the number nor the times of the looks need be known in advance, as long as they do not depend on the data. The levels
add up, and by the union bound their sum bounds the probability of any false alarm, however much the looks depend on each
other. They do depend: all compare with the same reference, and their windows overlap. Test martingales (e-values) spend less
after long calm, but hold only if each sample is new given all before it, which a finite, fixed reference breaks (Shaer et al.
2026, "Testing for Distribution Shifts with Conditional Conformal Test Martingales", arXiv:2602.13848).
"""

from __future__ import annotations

DAY_S = 86_400.0
YEAR_S = 365.25 * DAY_S
MIN_INTERVAL_S = DAY_S / 4  # looks in shorter intervals would have a level that needs too many random splits
MAX_INTERVAL_S = 7 * DAY_S  # for which a single look may spend, however long nobody looked


def look_level(since_s: float, per_year: float) -> float | None:
    """Returns the level of a look; None where it is too early for one.

    Args:
        since_s: seconds since the last look at the reference or, before the first, since the reference was chosen.
        per_year: budget: the probability of a false alarm in a year.
    """
    if not since_s >= MIN_INTERVAL_S:
        return None
    return per_year * min(since_s, MAX_INTERVAL_S) / YEAR_S
