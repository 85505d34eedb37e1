"""Readers of plain text, subtitles, scripts and notebooks."""
