"""Groups whose answers call several tools are split by them. What answers call chooses the split; who belongs where is
matched on the request alone, as ever."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.clusterer.logic.agreement import Labels
from shared.tasks.features import Vector

MIN_PURITY = 0.8
"""Share of the most frequent tool among a group's answers below which it is split."""
LEAST_SHARE = 0.1
"""Share of a group's answers from which a tool gets a part of its own."""


def split_tools(weights: Mapping[str, float], least_calls: float) -> list[str]:
    """The tools that a group is split by, heaviest first; none where it is pure, or holds no second tool of some weight.
    ``weights``: calls by the tool that their micro-cluster's answers call; rows of no one tool are left out."""
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda tool: (-weights[tool], tool))
    if not ranked or weights[ranked[0]] >= MIN_PURITY * total:
        return []
    least = max(LEAST_SHARE * total, least_calls)
    heavy = [tool for tool in ranked if weights[tool] >= least]
    return heavy if len(heavy) > 1 else []


def split_by_tool(
    labels: Labels, tools: Sequence[str | None], counts: NDArray[np.float32], space: Vector, least_calls: float
) -> Labels:
    """Impure groups split by their tools; rows of no tool or a rare one go with the nearest part."""
    result = labels.copy()
    following = int(labels.max()) + 1
    for group in np.unique(labels).tolist():
        rows = np.flatnonzero(labels == group)
        weights: dict[str, float] = {}
        for row in rows.tolist():
            tool = tools[row]
            if tool:
                weights[tool] = weights.get(tool, 0.0) + float(counts[row])
        heavy = split_tools(weights, least_calls)
        if not heavy:
            continue
        codes = {tool: part for part, tool in enumerate(heavy)}
        part_of = np.array([codes.get(tools[row] or "", -1) for row in rows.tolist()], dtype=np.int64)
        centres = np.stack(
            [
                (space[rows[part_of == part]] * counts[rows[part_of == part], None]).sum(axis=0)
                for part in codes.values()
            ]
        )
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
        loose = part_of < 0
        part_of[loose] = (space[rows[loose]] @ centres.T).argmax(axis=1)
        # The heaviest part keeps the group's number.
        result[rows] = np.where(part_of == 0, group, following + part_of - 1)
        following += len(heavy) - 1
    return result
