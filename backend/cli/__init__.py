"""The command line: one module for every family of commands."""
