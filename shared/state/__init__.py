"""A task's state: in-memory stores with staged writes, written ahead to changelog topics and restored from them."""

from shared.state.codec import decode_value, encode_value
from shared.state.store import Change, TaskState, TaskStore

__all__ = ["Change", "TaskState", "TaskStore", "decode_value", "encode_value"]
