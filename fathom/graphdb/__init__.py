"""The graph's servers: connection, schema, fencing, and queries of people, on ArcadeDB and Neo4j."""
