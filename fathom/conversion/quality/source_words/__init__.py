"""The words of a file's own source, read by none of the converters: what a conversion is compared with."""
