"""Operations on the graph that the command line, the API and Dagster call, a module each."""
