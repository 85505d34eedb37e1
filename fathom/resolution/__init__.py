"""Entity and fact resolution: candidates, matching by a language model, corroboration, verdicts and their pruning."""
