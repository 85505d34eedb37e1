"""A plot in the terminal has the values at their times, and bounds."""

from __future__ import annotations

from fathom.cli.terminal_plot import ROWS, plot_lines


def test_a_rising_series_rises_and_is_as_wide_as_asked() -> None:
    lines = plot_lines([(float(at), float(at)) for at in range(40)], 0, 40, columns=40)
    assert len(lines) == ROWS + 2
    bars = [line.partition("│")[2] for line in lines[:ROWS]]
    assert {len(bar) for bar in bars} == {40}
    assert [sum(sign != " " for sign in bar) for bar in bars] == sorted(sum(sign != " " for sign in bar) for bar in bars)
    assert lines[0].split("│")[0].strip() == "39"
    assert "01-01 00:00" in lines[-1]


def test_gaps_stay_empty_and_nothing_is_plotted_of_nothing() -> None:
    lines = plot_lines([(0.0, 1.0), (39.0, -1.0), (20.0, float("nan"))], 0, 40, columns=40)
    assert lines[ROWS - 1].partition("│")[2].count(" ") == 38
    assert plot_lines([], 0, 40) == plot_lines([(50.0, 1.0)], 0, 40) == plot_lines([(0.0, 1.0)], 40, 40) == []
    assert len(plot_lines([(0.0, 0.0)], 0, 40, columns=12)) == ROWS + 2
