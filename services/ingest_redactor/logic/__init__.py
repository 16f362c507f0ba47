"""Redaction and eligibility, pure: no clock, no randomness, no I/O, no log."""
