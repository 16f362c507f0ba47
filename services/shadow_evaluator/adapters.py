"""Asks a specialist over HTTP, and sorts what can go wrong into results and reasons to wait."""

import time

import httpx

from services.shadow_evaluator.logic.comparison import Answered, Away, Failed, Reply
from shared.errors import FatalError, TransientError
from shared.events import ModelRegistered
from shared.events.vocabulary import AttemptVerdict
from shared.prompting.template import Template
from shared.serving import CompletionClient, CompletionRefusedError

UNREACHABLE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
FORBIDDEN = ("http_401", "http_403")


class SpecialistCaller:
    """Specialists of the completion server, or of the endpoint that their registry entry names.

    The token goes to the completion server alone. Raises :class:`FatalError` if that server refuses it.
    """

    def __init__(self, http: httpx.AsyncClient, base_url: str, token: str, timeout_s: float) -> None:
        self._http = http
        self._timeout_s = timeout_s
        self._base_url = base_url
        self._clients = {base_url: CompletionClient(http, base_url, token)}

    async def ask(self, entry: ModelRegistered, prompt: str, template: Template) -> Reply:
        """One complete answer, a failure, or word that nobody could be asked."""
        url = entry.endpoint or self._base_url
        client = self._clients.setdefault(url, CompletionClient(self._http, url))
        started_s = time.monotonic()
        try:
            done = await client.complete(entry.model_name, prompt, template, self._timeout_s)
        except CompletionRefusedError as refused:
            return _refused(refused.code, _since_ms(started_s))
        except TransientError as error:
            if isinstance(error.__cause__, UNREACHABLE):
                return Away("server_away")
            timed_out = isinstance(error.__cause__, httpx.TimeoutException) or str(error).endswith("deadline")
            verdict = AttemptVerdict.TIMEOUT if timed_out else AttemptVerdict.ERROR
            return Failed(verdict, _since_ms(started_s))
        return Answered(done.text, done.prompt_tokens, done.completion_tokens, done.ttft_ms, done.latency_ms)


def _refused(code: str, elapsed_ms: float) -> Reply:
    if code == "adapter_missing":
        return Away("adapter_missing")
    if code == f"http_{httpx.codes.SERVICE_UNAVAILABLE}":
        return Away("server_away")
    if code in FORBIDDEN:
        raise FatalError("the completion server refuses the token: set FLYWHEEL_SHADOW__TOKEN to the server's")
    return Failed(AttemptVerdict.TOO_LONG if code == "too_long" else AttemptVerdict.ERROR, elapsed_ms)


def _since_ms(started_s: float) -> float:
    return (time.monotonic() - started_s) * 1000
