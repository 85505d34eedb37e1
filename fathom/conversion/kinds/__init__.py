"""Tells kinds of text apart: code, Markdown, tables, mails, subtitles, by what stands in them and by their names."""
