"""Pure: which calls are compared with whom, what a specialist is shown, and what its answer is worth."""
