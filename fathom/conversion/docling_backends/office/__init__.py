"""Code shared by the Word, PowerPoint and OpenDocument readers: runs, notes, symbols, diagrams, header rows."""
