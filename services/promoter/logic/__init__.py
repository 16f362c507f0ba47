"""Pure logic of promotion: bounds, evidence, gates, stages, audit."""
