"""Experts behind the arrangement ports: deterministic rules, and later ensembles of language models."""
