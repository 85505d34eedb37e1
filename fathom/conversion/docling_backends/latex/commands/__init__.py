"""Commands of LaTeX and its packages, by what they are for."""
