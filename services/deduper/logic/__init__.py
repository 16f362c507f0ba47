"""Verdicts on repeats and families, pure."""
