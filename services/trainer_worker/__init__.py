"""The trainer's worker: one training job at a time, from a query over the log to an adapter with its provenance.

In     ``training.requested`` (key: cluster), one at a time per process
Out    ``training.progressed``, ``training.completed`` (key: cluster); an adapter folder beside the others
State  none of its own: the data set is a query, the adapter is content-addressed
Holds  at least once; a repeated job writes the same ids, and on CPU with the same threads the same adapter
Never  trains on a record without redaction proof, on a specialist's own answers or on values that could not be linked;
       writes weights in anything but safetensors; truncates a completion
"""
