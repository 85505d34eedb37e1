"""The words of a file's own source, read by none of the converters: the reference for a conversion."""
