"""The frozen mean that every embedding is centred on.

Mean of the masked embeddings of the 4,826 distinct user turns in the question files of ``bfcl-eval`` 2026.3.23
(Apache-2.0): function-calling requests in English, of no one task. 256 little-endian float16. A new mean is a new feature
version.
"""

import base64

import numpy as np

_FLOAT16 = (
    "P6hjJf+kmqpBJ3WkQShZGcEp2yTJJZkpy6kFrJWr36cCLcgmwaj9ocidTSikHouhICwSHQ2kna3UJA8cQCxzKIepCCc7oWAhpSu8nqQrcKkjKK"
    "GpgqZ1pt4sfK1tn+UqJ6SrlM0qEiqkJhusfqs7KgcjmymWqUOqXSi7qoMktQdAKRQVMCDalZ+kcJQmJtwg6aN7qlwixigKI/+hliYtIuco8CJV"
    "ovgqdqq6pNQmjKLAIsygZx/wJxOpfajiHEcisKfwo9akwaG/q8coOp52JdiquA8UpIklOJisKxAk3qdMqNekwyGfGNqnsB8ZKtGiS6jhpLGjAZ"
    "1vnmoj7qQ8qWuc9yi9KVamyyEAKTom+xnEp2qoDKobKJqj9KLlHa4oPyERpMumH5rmoCseVBysKv2ic6f6qLEDNqXEpV0kNqgdIDihw6cGFP4e"
    "vSHGp4qkTZgwIhWNh6jOoGkhHqC1nEQfuyj3KdUa76AeHbKYNCQnqESqgyVFIJUeiBw5quOnlSJqqn0nY6OpK06QIqWjJd8j/qZNqiikeY+2nV"
    "2mhRsXH6UqnCjLnA2hKSIVJHqmpB1NoNqgTabQKv4lU6BEqHgnLaB9JyEixKelpUEoTyIkoZegmKhvJt8l1SfuJIMpQioyHTCnv5oRHCkhIiUI"
    "obKkI6SWokAk0qNjEpyaHSE="
)

FEATURE_MEAN = np.frombuffer(base64.b64decode(_FLOAT16), dtype="<f2").astype(np.float32)
FEATURE_MEAN.setflags(write=False)
