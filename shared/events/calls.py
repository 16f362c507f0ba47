"""One client call: what was asked, what was answered, and which models tried. The OpenAI chat shape, typed."""

from dataclasses import dataclass
from typing import Annotated

from shared.events.vocabulary import Arm, AttemptVerdict, ModelKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One tool call of an assistant turn."""

    id: Annotated[str, "id that the answering tool message refers to"] = ""
    name: Annotated[str, "tool called"]
    arguments_json: Annotated[str, "arguments as JSON text, exactly as the model wrote them"] = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One turn. Exactly one of ``content`` and ``parts_json`` is set, or neither for a turn of tool calls alone."""

    role: Annotated[str, "system, developer, user, assistant or tool"]
    content: Annotated[str | None, "text of the turn"] = None
    parts_json: Annotated[str | None, "multi-part content as JSON text"] = None
    name: Annotated[str | None, "participant's name"] = None
    tool_calls: Annotated[tuple[ToolCall, ...], "calls that an assistant turn asks for"] = ()
    tool_call_id: Annotated[str | None, "call that a tool turn answers"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDefinition:
    """One function offered to the model."""

    name: Annotated[str, "function name"]
    description: Annotated[str | None, "what it does, as told to the model"] = None
    parameters_json: Annotated[str | None, "JSON Schema of the arguments as JSON text"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the client asked for."""

    model: Annotated[str, "model asked for, or auto"] = "auto"
    messages: Annotated[tuple[ChatMessage, ...], "the conversation, oldest first"] = ()
    tools: Annotated[tuple[ToolDefinition, ...], "functions offered"] = ()
    tool_choice_json: Annotated[str | None, "tool_choice as canonical JSON text"] = None
    response_format_json: Annotated[str | None, "response_format as canonical JSON text"] = None
    options_json: Annotated[str, "remaining options (temperature, max_tokens, n …) as canonical JSON text"] = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered."""

    content: Annotated[str | None, "text"] = None
    tool_calls: Annotated[tuple[ToolCall, ...], "calls asked for"] = ()
    finish_reason: Annotated[str | None, "stop, length, tool_calls …"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One model's try at the call, in the order tried."""

    model: Annotated[str, "registry name of the model"]
    kind: Annotated[ModelKind, "frontier, base or specialist"]
    verdict: Annotated[AttemptVerdict, "how it ended"]
    format_valid: Annotated[bool, "answer parsed and its calls fit their schemas"] = True
    latency_ms: Annotated[float, "from sending to the complete answer"] = 0.0
    ttft_ms: Annotated[float | None, "from sending to the first token"] = None
    prompt_tokens: Annotated[int, "tokens read, cached ones included"] = 0
    completion_tokens: Annotated[int, "tokens written"] = 0
    cost_usd: Annotated[float, "price of the attempt"] = 0.0
    price_version: Annotated[str, "version of the price table"] = ""
    escalation_reason: Annotated[str | None, "why the next model was tried"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingDecision:
    """Why a call went where it went; enough to replay the decision."""

    decision_id: Annotated[str, "id the client was told; later labels name it"]
    task_key: Annotated[str, "keyed hash of what the request alone tells about its task"]
    cluster: Annotated[str | None, "cluster matched before the call"] = None
    cluster_hint: Annotated[str | None, "heuristic task type where no cluster matched"] = None
    matcher_version: Annotated[int, "version of the matcher that matched, 0 for none"] = 0
    epoch: Annotated[int, "epoch of that matcher"] = 0
    similarity: Annotated[float, "cosine to the nearest representative"] = 0.0
    arm: Annotated[Arm, "part of the traffic split"] = Arm.FRONTIER
    share_draw: Annotated[float, "u in [0, 1) of the episode"] = 0.0
    propensity: Annotated[float, "probability of the chosen arm"] = 1.0
    snapshot_version: Annotated[int, "assignment snapshot that decided"] = 0
    policy_version: Annotated[str, "policy digest that decided"] = ""
    reason: Annotated[str, "code of the reason"] = ""
