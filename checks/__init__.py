"""What must hold of each document, and by how much."""
