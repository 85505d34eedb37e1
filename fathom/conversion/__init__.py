"""Files into structured documents: inspected, converted by a warm process, reported on."""
