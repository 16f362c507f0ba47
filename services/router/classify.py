"""The heuristic classifier: a hint of the kind of task where no discovered cluster matches. It never decides a route."""

import re
from dataclasses import dataclass

from shared.events.calls import Request

# Kind of task by what the newest user turn looks like; first hit wins. Names are the kinds used in published router
# benchmarks: extraction, classification, summarisation, translation, code, arithmetic, question answering.
_PREFIXES = (
    ("translation", ("translate ",)),
    ("summarisation", ("summarize ", "summarise ", "tl;dr", "give me a summary")),
    ("classification", ("classify ", "label ", "categorize ", "categorise ")),
    ("extraction", ("extract ", "list all ", "find all ")),
)
_PATTERNS = (
    ("code", re.compile(r"```|\bdef \w+\(|\bfunction \w+\(|\bSELECT\b.+\bFROM\b|\btraceback\b", re.I | re.S)),
    ("arithmetic", re.compile(r"^[\s\d+*/().=x^-]{5,}\??$|\bhow (?:much|many)\b.*\d", re.I)),
)
_KEYWORDS = (
    ("scheduling", frozenset({"appointment", "schedule", "meeting", "calendar", "reschedule", "book"})),
    ("lookup", frozenset({"status", "balance", "find", "lookup", "track", "check", "show"})),
    ("code", frozenset({"python", "javascript", "compile", "bug", "unittest", "refactor"})),
)


@dataclass(frozen=True, slots=True)
class TaskClass:
    """``task_type`` with the rule that gave it; ``cluster_hint`` names the tools offered, where there are any."""

    task_type: str
    rule: str
    cluster_hint: str | None


def task_classify(request: Request, task_type: str | None = None) -> TaskClass:
    """The client's own ``task_type`` wins; then prefix, pattern, tool names, keywords; else ``general``."""
    tools = "+".join(sorted({tool.name for tool in request.tools})[:3]) or None
    if task_type:
        return TaskClass(task_type, "given", f"{task_type}:{tools}" if tools else task_type)
    text = next((m.content or "" for m in reversed(request.messages) if m.role == "user"), "").strip()
    kind, rule = _classify(text.lower(), text, tools)
    return TaskClass(kind, rule, f"{kind}:{tools}" if tools else kind)


def _classify(lowered: str, text: str, tools: str | None) -> tuple[str, str]:
    for kind, prefixes in _PREFIXES:
        if lowered.startswith(prefixes):
            return kind, "prefix"
    for kind, pattern in _PATTERNS:
        if pattern.search(text):
            return kind, "pattern"
    if tools:
        return "tool_call", "tools"
    words = set(re.findall(r"[a-z]+", lowered))
    for kind, keywords in _KEYWORDS:
        if words & keywords:
            return kind, "keywords"
    return "general", "none"
