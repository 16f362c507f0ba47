"""The logic of task discovery on lines: what ``flywheel cluster`` does, without files."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.cli.called_tool import CalledTool
from services.cli.curation_lines import BadLineError, id_of, key_of, unicode_of
from services.clusterer.logic.cluster import Cluster, Published
from services.clusterer.logic.discovery import Call, Discovery
from services.clusterer.logic.micro import Micro
from services.clusterer.logic.parameters import Parameters
from services.clusterer.logic.shard import ShardKey
from shared.errors import SettingsError
from shared.events.calls import ChatMessage, Request
from shared.tasks.features import FEATURE_VERSION, Embed, Featuriser

_SUB_KEY = "user:-"
_NEVER = 2**62
"""Reclusters come at the lines that the caller names, not as the service would have them."""


class TaskFinder:
    """Places lines in order; clusters are final after :meth:`finish`. Lines of different keys never share a cluster."""

    def __init__(self, featuriser: Featuriser, sentences: Embed | None, recluster_every: int = 0) -> None:
        parameters = Parameters(recluster_records=_NEVER, half_life_ms=0)  # lines have no time
        self.discovery = Discovery(featuriser, parameters, sentences)
        self._featuriser = featuriser
        self._recluster_every = recluster_every
        self._lines = 0
        self._touched: dict[ShardKey, None] = {}
        self._called = CalledTool()

    def place(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """``{"id", "micro", "cluster"}`` of one line, as known on arrival. Raises :class:`BadLineError`."""
        event_id, text = id_of(value), unicode_of(value, "text")
        tools, keys = _words(value, "tools"), _words(value, "argument_keys")
        extra = [*(f"tools:{tool}" for tool in tools), *(f"argument_keys:{key}" for key in keys)]
        raw = self._featuriser.raw(Request(messages=(ChatMessage(role="user", content=text),)), extra)
        key = key_of(value)
        called = self._called.guess(tools, keys)
        placement = self.discovery.place(Call(event_id, key, _SUB_KEY, "", self._lines, raw, called))
        self._lines += 1
        self._touched[key, _SUB_KEY] = None
        if self._recluster_every and self._lines % self._recluster_every == 0:
            self._recluster()
        self.discovery.changes()
        self.discovery.written()
        return {"id": value["id"], "micro": placement.micro, "cluster": placement.cluster}

    def finish(self) -> None:
        """Reclusters what has had lines since the last recluster: the final map."""
        self._recluster()

    def _recluster(self) -> None:
        for key in self._touched:
            self.discovery.recluster(key, self._lines)
        self._touched = {}

    def final(self, placed: Mapping[str, Any]) -> dict[str, Any]:
        """The same line under the map as it is now."""
        micro = self.discovery.micros.get(placed["micro"])
        return {**placed, "cluster": placed["cluster"] if micro is None else micro.cluster}

    def saved(self) -> dict[str, Any]:
        """The state as JSON holds it."""
        discovery = self.discovery
        return {
            "features": FEATURE_VERSION,
            "micros": {name: base64.b64encode(micro.encode()).decode() for name, micro in discovery.micros.items()},
            "clusters": {name: one.encode() for name, one in discovery.clusters.items()},
            "published": {name: one.encode() for name, one in discovery.published.items()},
            "shards": [[*key, shard.encode()] for key, shard in discovery.shards.items()],
            "born": discovery.born,
            "lines": self._lines,
            "called": self._called.saved(),
        }

    def load(self, saved: Mapping[str, Any], path: Path) -> None:
        """Takes over a saved state; ``path`` names it in errors. Raises ``SettingsError``."""
        if saved.get("features") != FEATURE_VERSION or "lines" not in saved:
            raise SettingsError(f"{path} was written by another version: delete it and start anew")
        self._lines = saved["lines"]
        self._called.load(saved.get("called", {}))
        self.discovery.load(
            micros=[Micro.decode(name, base64.b64decode(data)) for name, data in saved["micros"].items()],
            clusters=[Cluster.decode(name, data) for name, data in saved["clusters"].items()],
            published={name: Published.decode(data) for name, data in saved["published"].items()},
            shards={(key, sub_key): data for key, sub_key, data in saved["shards"]},
            born=saved["born"],
        )


def _words(value: Mapping[str, Any], name: str) -> list[str]:
    words = value.get(name) or []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BadLineError(f"{name!r} is no list of text")
    return words
