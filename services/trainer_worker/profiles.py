"""Training profiles by name: every number of the optimiser, with where it comes from.

``cpu-small`` was measured on clusters of 25 to 400 examples: at the common 2e-4 with 100 warm-up steps such a run never
leaves warm-up and answers nothing valid; 1e-3 with 10 % warm-up reaches 97 to 100 % in 150 steps. ``cpu-brief`` spends the
same 150 steps on more rows instead of more passes: on a task that copies three values, 150 steps over 400 or 600 rows
answered 400 unseen requests all right, 225 steps over 200 rows 97.8 % of them (one run each, on a GPU): values that were
seen often are recited, not copied. ``cpu-quick`` stops where an easy task answers nine in ten: for tests.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from shared.errors import PoisonError


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    learning_rate: float
    warmup_share: float
    batch_size: int
    min_epochs: int
    min_steps: int
    max_steps: int
    rank: int
    alpha: int
    modules: tuple[str, ...]
    clip: float
    stop_loss: float
    max_over_length_share: float

    def steps(self, rows: int) -> int:
        """Optimiser steps for a data set of ``rows``."""
        per_epoch = -(-rows // self.batch_size)
        return min(self.max_steps, max(self.min_steps, self.min_epochs * per_epoch))

    def content(self) -> dict[str, Any]:
        return asdict(self)


CPU_SMALL = Profile(
    name="cpu-small",
    learning_rate=1e-3,
    warmup_share=0.1,
    batch_size=4,
    min_epochs=3,
    min_steps=150,
    max_steps=400,
    rank=16,
    alpha=32,
    modules=("q_proj", "k_proj", "v_proj", "o_proj"),
    clip=1.0,
    stop_loss=0.002,
    max_over_length_share=0.05,
)
PROFILES = {
    profile.name: profile
    for profile in (
        CPU_SMALL,
        replace(CPU_SMALL, name="cpu-brief", min_epochs=1),
        replace(CPU_SMALL, name="cpu-quick", min_epochs=2, min_steps=60, max_steps=80),
        replace(CPU_SMALL, name="gpu", batch_size=16, max_steps=4000),
    )
}


def profile_by_name(name: str) -> Profile:
    try:
        return PROFILES[name]
    except KeyError:
        raise PoisonError("unknown_profile", f"{name}; there are {', '.join(PROFILES)}") from None
