"""Fitting what the product ships as numbers; run by hand, never at run time."""
