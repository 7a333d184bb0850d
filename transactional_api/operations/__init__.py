"""Running the core: what it says of itself, what it refuses before it looks, how it stops. Knows no domain."""
