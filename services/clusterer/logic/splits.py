"""Train or test: no family and no episode on both sides.

With enough families a call's side is that of its family's original, by hash; before that, of its episode. Whatever would
put a family or an episode on both sides is put on neither.
"""

from collections.abc import Mapping

from shared.events.vocabulary import Split
from shared.ids import unit_interval


def side_by_hash(kind: str, identifier: str, test_share: float) -> Split:
    return Split.TEST if unit_interval("split", kind, identifier) < test_share else Split.TRAIN


def side_of_call(
    family: str, episode: str, families: Mapping[str, str], known: Split | None, test_share: float, split_families: int
) -> tuple[Split, Split]:
    """The call's side and its family's. ``families`` are the first families of the cluster with their sides, ``known``
    is the episode's side, if it has one. :attr:`Split.UNKNOWN` is neither side."""
    if family in families:
        side = Split(families[family])
    elif len(families) < split_families:
        side = known or side_by_hash("episode", episode, test_share)
    else:
        side = side_by_hash("family", family, test_share)
    return (side if known is None or known is side else Split.UNKNOWN), side
