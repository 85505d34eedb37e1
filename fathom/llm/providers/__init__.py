"""LLM providers: wire formats, negotiation of server capabilities, classification of errors."""
