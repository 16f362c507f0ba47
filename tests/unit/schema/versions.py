"""Event classes as their next version might have them: one field more, with a default."""

from dataclasses import field, make_dataclass
from typing import Annotated, Any

ADDED = "added_in_v2"
DEFAULT = "not said"


def next_version(event: type) -> Any:
    """A class of the same name as ``event`` with the field :data:`ADDED`."""
    made = make_dataclass(
        event.__name__,
        [(ADDED, Annotated[str, "what the next version says more"], field(default=DEFAULT))],
        bases=(event,),
        frozen=True,
        kw_only=True,
    )
    made.__doc__ = event.__doc__
    return made
