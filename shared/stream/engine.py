"""What the task loops of one process work with, and their time limits."""

from dataclasses import dataclass, field

from shared.clock import Clock
from shared.stream.broker import Broker, Consumer
from shared.stream.dead_letters import DeadLetterFactory
from shared.stream.processor import Application
from shared.stream.restore import Offload
from shared.stream.retry import Backoff
from shared.stream.serde import Serde
from shared.stream.tables import BroadcastTables
from shared.stream.task import Journal


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. ``revoke_s`` is how long a rebalance waits for the batch in hand; ``fenced_pause_s`` must exceed two
    heartbeats, so that a member that lost its place learns of it before it fences the new owner."""

    revoke_s: float = 5.0
    fenced_pause_s: float = 2.5
    idle_s: float = 1.0
    backoff: Backoff = field(default_factory=Backoff)
    corrupted_tries: int = 3
    tick_tries: int = 3


@dataclass(slots=True)
class Engine:
    """What every task of one process shares."""

    application: Application
    broker: Broker
    consumer: Consumer
    serde: Serde
    make_dead_letter: DeadLetterFactory
    clock: Clock
    tables: BroadcastTables
    offload: Offload
    timing: Timing
    journal: Journal | None = None
