"""Distinguishes kinds of text: code, Markdown, tables, mails, subtitles, by content and by file name."""
