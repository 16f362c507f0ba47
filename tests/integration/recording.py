"""The recorder as tests put it together."""

from services.recorder.processor import GROUP, Recorder, Store
from shared.clock import SystemClock
from shared.lifecycle import make_dead_letter
from shared.stream.broker import Broker
from shared.stream.publisher import Publisher
from shared.stream.rejections import Rejections
from shared.stream.serde import Serde


def recorder_on(broker: Broker, serde: Serde, store: Store, max_batch_records: int = 100) -> Recorder:
    """A recorder whose dead letters go to ``broker``."""
    rejections = Rejections(GROUP, Publisher(broker, serde), serde, make_dead_letter, SystemClock())
    return Recorder(broker, serde, store, rejections, max_batch_records)
