"""Task discovery, pure and incremental: two verbs, ``place`` a call and ``merge`` a shard."""
