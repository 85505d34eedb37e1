"""TeX's processing before typesetting: tokens, macros, conditions."""
