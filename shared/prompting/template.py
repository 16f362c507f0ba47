"""Prompt templates, by name and hash. An adapter's manifest names the one it was trained with; it never changes."""

from dataclasses import asdict, dataclass
from json import dumps

from shared.ids import content_hash

DEFER = "DEFER"
"""The fixed answer of a specialist that leaves the call to the frontier model."""


@dataclass(frozen=True, slots=True)
class Template:
    """How a request becomes text for a specialist, and when its answer ends.

    ``opening`` and ``closing`` surround the rendered request; the completion ends at ``stop``. One schema per cluster
    is learned, so neither system message nor tool list is repeated (4 to 16 times fewer tokens at equal accuracy).
    """

    name: str
    opening: str
    closing: str
    stop: str
    max_completion_tokens: int
    max_prompt_tokens: int

    @property
    def hash(self) -> str:
        return content_hash(dumps(asdict(self), sort_keys=True))


COMPACT_CHATML = Template(
    name="compact-chatml-v1",
    opening="<|im_start|>user\n",
    closing="<|im_end|>\n<|im_start|>assistant\n",
    stop="<|im_end|>",
    max_completion_tokens=160,
    max_prompt_tokens=480,
)

TEMPLATES: dict[str, Template] = {template.hash: template for template in (COMPACT_CHATML,)}


def template_by_hash(template_hash: str) -> Template | None:
    """The template, or ``None`` for one this code does not know: such a specialist is never eligible."""
    return TEMPLATES.get(template_hash)
