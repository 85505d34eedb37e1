"""Reads HTML pages, also those within mails, books and Markdown, as a browser shows them."""

from fathom.conversion.docling_backends.html.html_backend import HtmlBackend

__all__ = ["HtmlBackend"]
