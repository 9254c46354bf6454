"""The session and the ways to put it where the user works."""
