"""What a request alone tells about its task: identity, request-side features and the matcher.

The router (before the call), the redactor and the clusterer (after it) all use this code, so that they agree. It is
pure: no clock, no randomness, no I/O but the package's own word lists and the embedding's weights.
"""
