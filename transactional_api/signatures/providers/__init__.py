"""Who collects signatures: the port that every provider fills, the embedded one, and which are known."""
