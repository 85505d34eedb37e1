"""What text says: entities, facts and embeddings, by the configured language model."""
