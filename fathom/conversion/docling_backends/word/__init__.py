"""Docling's reader of Word files, on a document whose XML was first made to say plainly what Word shows."""
