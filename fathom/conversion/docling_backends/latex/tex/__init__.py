"""What TeX does before anything is set: tokens, macros, conditions."""
