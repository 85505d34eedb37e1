"""Asks language models over the network: their wire formats, what their servers can do, whose fault a refusal is."""
