"""Payments under fire: many clients, repeated and altered requests, and a server that is killed again and again."""
