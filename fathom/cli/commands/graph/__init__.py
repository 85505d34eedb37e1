"""The subcommands of `fathom graph`, a module a family; each registers on the group of `graph_group`."""
