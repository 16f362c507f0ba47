"""The trainer's worker: one training job at a time, from a query over the log to an adapter with its provenance.

In     ``training.requested`` (key: cluster), one at a time per process
Out    ``training.progressed``, ``training.completed`` (key: cluster); an adapter folder beside the others
State  none of its own: the data set is a query, the adapter is content-addressed; checkpoints of running jobs lie on disk
       and may be lost at any time, which costs their steps
Holds  a request is claimed in one transaction of its beginning and its offset, under the job's transactional id: before
       that it is delivered again, after it never. From then on the attempt lives on its lease, kept by heartbeats from the
       event loop through all phases; it ends with a result, or silently, and then the lease runs out and the dispatcher
       asks for the next attempt under a higher fencing token, which goes on from the newest checkpoint. A newer attempt's
       claim fences an older one at its next word; one that finds its own lease run out says nothing more and stops at its
       next step. A job that takes no step for ``stall_s`` has failed; if its thread cannot be stopped, the process ends.
       On CPU with the same threads the same adapter, resumed or not
Never  trains on a record without redaction proof, on a specialist's own answers or on values that could not be linked;
       writes weights or checkpoints in anything but safetensors and JSON; truncates a completion; speaks for a job whose
       lease has run out
"""
