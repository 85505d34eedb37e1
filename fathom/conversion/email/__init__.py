"""Mails: their parts and what is attached to them."""
