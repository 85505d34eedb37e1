"""A real Graphiti client over the deployment's graph, on either server."""
