"""What tells an identifier by itself: patterns, what confirms them, keys, and in which profile each counts."""
