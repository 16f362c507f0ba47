"""Names of people and towns in running text: the tagger, what it does not know, and what only looks like a name."""
