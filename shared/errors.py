"""The exception tree, sorted by the one reaction each kind gets.

FlywheelError
├── PoisonError       this record can never be processed           → dead letter
├── TransientError    may work a moment later                      → retry in place, defer, then dead letter
├── MigratedError     the task belongs to another process now      → close dirty, rejoin
├── CorruptedError    the task's state cannot be trusted           → wipe and restore
└── FatalError        configuration or a broken invariant          → stop the process with one clear line
    └── SettingsError a setting, file or address is wrong: the message names it and the way out
"""


class FlywheelError(Exception):
    """Root of every error that this system raises on purpose."""


class PoisonError(FlywheelError):
    """``reason`` is a short code; the message never holds content of the record."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class TransientError(FlywheelError):
    pass


class MigratedError(FlywheelError):
    pass


class CorruptedError(FlywheelError):
    pass


class FatalError(FlywheelError):
    pass


class SettingsError(FatalError):
    pass
