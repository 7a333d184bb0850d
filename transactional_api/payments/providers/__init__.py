"""Who moves the money: the port that every provider fills, the embedded one, and which are known."""
