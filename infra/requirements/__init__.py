"""The environment: inputs, locks, and the set-up that needs nothing but Python's standard library."""
