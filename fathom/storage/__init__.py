"""What earlier steps made, kept for later ones: converted documents and chunks."""
