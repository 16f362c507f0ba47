"""A measured line of a section of ``RESULTS.md``: what, how much, which goal, and whether it holds."""

from dataclasses import dataclass

HEAD = ("| measured | value | goal | verdict |", "|---|---|---|---|")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement; ``holds`` is ``None`` where there is no goal and the figure is only reported."""

    measured: str
    value: str
    goal: str = "reported"
    holds: bool | None = None

    def __str__(self) -> str:
        verdict = "" if self.holds is None else "held" if self.holds else "**missed**"
        return f"| {self.measured} | {self.value} | {self.goal} | {verdict} |"
