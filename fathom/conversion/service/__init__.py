"""The warm converter: a process on a Unix socket with workers of its own, and its client."""
