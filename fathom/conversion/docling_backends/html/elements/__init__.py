"""Readers of the elements of a page that are more than text: lists, tables, pictures, fields, frames."""
