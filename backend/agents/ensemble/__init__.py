"""Experts that are language models: a chat with a fixed speaking order, every answer checked, a rule twin for each."""
