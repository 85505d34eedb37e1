"""Letters that are set apart: large initials, superscripts, rotated text."""
