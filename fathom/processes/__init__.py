"""Detached processes: started once, identified by pid and start time, probed, and stopped with their children."""
