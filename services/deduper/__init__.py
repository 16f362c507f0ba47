"""Tells new calls, exact repeats and families of near-duplicates apart.

In: ``observation.redacted`` (key: task key). Out: ``observation.unique`` (key: task key), one for each call that was not
seen before.

Guarantee: exactly once; the same verdicts for the same stream however it is cut into batches, and over restarts. A re-send
(same event id) is skipped. An exact repeat (same newest step and answer by the redactor's keyed hashes) is marked with
its original and goes on with its payload for one more hop; volume stays visible. A near-duplicate (Jaccard of lower-cased
word sets ≥ 0.8 on the newest step) joins the family of its nearest original inside the same task key, never of another
member, and keeps its payload.

State: a window of generations by event time and by records counted; the oldest is dropped whole. Store ``documents``: one
entry a call, changelog deleted by time. Store ``header``: signature parameters and the window's clock. A state written
with other parameters is refused.

Never: compares across task keys, merges chains of near-duplicates, or forgets a single call on its own.
"""
