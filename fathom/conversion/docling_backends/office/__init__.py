"""Shared by the readers of Word, PowerPoint and OpenDocument files: runs, notes, symbols, diagrams, header rows."""
