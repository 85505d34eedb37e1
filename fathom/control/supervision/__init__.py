"""Parts that end, are stopped or hang are started again, by a process that does nothing else."""
