"""The arrange-and-mix chat: seven experts at their ports, what they are shown, what of their answers counts."""
