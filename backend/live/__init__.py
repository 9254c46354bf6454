"""A job that comes from an open session: what the user edited there goes in, a plan for REAPER comes out."""
