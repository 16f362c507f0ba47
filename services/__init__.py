"""Independent processes that meet only in topics and schemas, never in each other's code."""
