"""``make bench-engine``: this engine beside a bare client loop and two other stream libraries, on one embedded broker.

Every contender is a process of its own with the same work: read, decode, change one field, encode, write, exactly once.
"""
