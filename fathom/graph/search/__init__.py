"""What a search of the graph takes and gives, validated on both sides."""
