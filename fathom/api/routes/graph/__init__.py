"""Routes below `/api/neo4j`, a module a family; each has its own router."""
