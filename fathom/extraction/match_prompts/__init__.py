"""Prompts that ask a language model which entities, or which facts, are the same."""
