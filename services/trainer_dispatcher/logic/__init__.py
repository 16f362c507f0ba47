"""Pure: sums of a cluster, what they say about it, whether a specialist would pay, and the life of a training job."""
