"""Commands of `fathom`, a file for each group."""
