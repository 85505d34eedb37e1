"""One process of the deployment: started once, known again by pid and birth, probed, stopped with its children."""
