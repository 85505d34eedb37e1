"""Starting, stopping and asking the parts; the only room of fathom that may import dagster."""
