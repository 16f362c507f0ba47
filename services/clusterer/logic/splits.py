"""Train or test: no family and no episode on both sides.

With enough families a call's side is that of its family's original, by hash; before that, of its episode. An original
follows its episode where that already has a side. Whatever would still put a family or an episode on both sides is put on
neither.
"""

from shared.events.vocabulary import Split
from shared.ids import unit_interval


def side_by_hash(kind: str, identifier: str, test_share: float) -> Split:
    """Depends on the identifier alone."""
    return Split.TEST if unit_interval("split", kind, identifier) < test_share else Split.TRAIN


def family_side(
    family: str, episode: str, episode_side: Split | None, few_families: bool, is_original: bool, test_share: float
) -> Split:
    """The side of a family that has none yet."""
    if episode_side is not None and (few_families or is_original):
        return episode_side
    return side_by_hash("episode", episode, test_share) if few_families else side_by_hash("family", family, test_share)


def call_side(family: Split, episode: Split | None) -> Split:
    """The side of a call; :attr:`Split.UNKNOWN` is neither."""
    return family if episode is None or episode is family else Split.UNKNOWN
