"""Reads mails: their headers, parts and attachments."""
