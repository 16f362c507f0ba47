"""Tells new calls, exact repeats and families of near-duplicates apart.

In: ``observation.redacted`` (key: task key). Out: ``observation.unique`` (key: task key), one for each call that was not
seen before.

Guarantee: exactly once; the same verdicts for the same stream however it is cut into batches, and over restarts. A re-send
(same event id) is skipped. An exact repeat (same newest step and answer by the redactor's keyed hashes) is marked with
its original and goes on with its payload for one more hop; volume stays visible. A near-duplicate (Jaccard of lower-cased
word sets ≥ 0.8 on the newest step) joins the family of its nearest original inside the same task key, never of another
member, and keeps its payload.

What a word is: a run of ``\\w`` of the lower-cased text, or a whole placeholder; values are not folded. Pairs are found by
MinHash bands (0.998 of those at 0.8) and judged exactly on 32-bit word hashes. Two limits, both of very large input: of a
text of more than 65,536 distinct words a sample stands for it, and per band the newest 64 originals are looked at.

State: a window of generations by event time and by records counted; the oldest is dropped whole. Store ``documents``: one
entry a call, changelog deleted by time; the index over it points at these very entries (about 1.3 KB a document of 120
words, index included). So a task holds at most ``generations × generation_records`` calls: by default 480,000 in 0.65 GB,
times the tasks of a process. Store ``header``: signature parameters and the window's clock. A state written with other
parameters is refused with the way out.

Never: compares across task keys, merges chains of near-duplicates, or forgets a single call on its own.
"""

from shared.vector_instructions import sort_fast

sort_fast()
