"""The demo: simulated agents and a replay teacher around the real system, and a report of what happened."""
