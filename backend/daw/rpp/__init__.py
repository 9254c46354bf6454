"""REAPER's project file: written from a Session, and read as far as the product needs.

What is known of the format: ReaTeam/Doc "State Chunk Definitions", Ultraschall's internals documentation, and the
projects the tests read. Nothing here has been opened in a real REAPER by the tests.
"""
