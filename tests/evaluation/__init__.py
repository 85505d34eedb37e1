"""Quality measured on documents whose structure is known."""
