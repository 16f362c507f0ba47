"""Desired against served: every specialist the registry holds in shadow, ramp or active is loaded, and no other."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.model_server.convert import to_gguf, verify
from services.model_server.engine import EngineSwitch
from shared.errors import FlywheelError, TransientError
from shared.events import ModelRegistered
from shared.events.vocabulary import ModelKind, Stage
from shared.stream.tables import BroadcastTables
from shared.telemetry import describe_error

SERVED = frozenset({Stage.CANDIDATE, Stage.SHADOW, Stage.RAMP, Stage.ACTIVE})
POLL_S = 0.5
RETRY_S = 5.0

logger = logging.getLogger(__name__)


def desired(table: Mapping[str, Any], base_model: str) -> dict[str, ModelRegistered]:
    """Specialists of this base that should be served, by name."""
    return {
        model.model: model
        for model in table.values()
        if model.kind is ModelKind.SPECIALIST
        and model.state in SERVED
        and model.base_model == base_model
        and model.adapter_uri
    }


class Loader:
    """Adapters by name, verified and converted before an engine sees them."""

    def __init__(self, switch: EngineSwitch, cache_dir: Path, heads: int, kv_heads: int) -> None:
        self._switch = switch
        self._cache_dir = cache_dir
        self._heads = heads
        self._kv_heads = kv_heads

    async def load(self, name: str, folder: Path, manifest_digest: str | None = None) -> None:
        """Raises :class:`AdapterRefusedError`; the served list is then as it was."""
        path = await asyncio.to_thread(self._converted, folder, manifest_digest)
        await self._switch.use({**self._switch.adapters, name: path})

    async def unload(self, name: str) -> None:
        await self._switch.use({other: path for other, path in self._switch.adapters.items() if other != name})

    async def follow(self, tables: BroadcastTables, base_model: str) -> None:
        """Bring the served list to the desired one whenever that changes. A refused adapter is left out, loudly, once."""
        refused: set[str] = set()
        while True:
            wanted = desired(tables.table("model.registered"), base_model)
            missing = [m for name, m in wanted.items() if name not in self._switch.adapters and name not in refused]
            surplus = [name for name in self._switch.adapters if name not in wanted]
            try:
                if missing or surplus or self._switch.current is None:
                    await self._apply(wanted, missing, refused)
            except (TransientError, TimeoutError, RuntimeError) as error:
                logger.error("adapters could not be brought up to date", extra={"error": describe_error(error)})
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(POLL_S)

    async def _apply(
        self, wanted: Mapping[str, ModelRegistered], missing: list[ModelRegistered], refused: set[str]
    ) -> None:
        adapters = {name: path for name, path in self._switch.adapters.items() if name in wanted}
        for model in missing:
            try:
                folder = Path(model.adapter_uri or "")
                adapters[model.model] = await asyncio.to_thread(self._converted, folder, model.manifest_digest)
            except (FlywheelError, OSError) as error:
                refused.add(model.model)
                logger.error("an adapter is refused", extra={"error": describe_error(error)})
        await self._switch.use(adapters)

    def _converted(self, folder: Path, manifest_digest: str | None) -> Path:
        verify(folder, manifest_digest)
        return to_gguf(folder, self._cache_dir, self._heads, self._kv_heads)
