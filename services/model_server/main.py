"""Composition root of the model server: ``python -m services.model_server.main``."""

import asyncio
import sys

import httpx

from services.model_server.api import build_app
from services.model_server.engine import EngineSwitch
from services.model_server.reconcile import Loader
from services.model_server.settings import ModelServerSettings
from shared.http import serve_http
from shared.lifecycle import Process, load_settings, serve
from shared.stream.tables import BroadcastTables
from shared.weights import packaged_weights


def main() -> int:
    settings = load_settings(ModelServerSettings)
    options = settings.model_server

    async def run(process: Process) -> None:
        base = packaged_weights(options.base_model)
        # llama.cpp closes a connection after a stream; one that is kept may be on its way down when it is used again.
        async with httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0)) as http:
            switch = EngineSwitch(
                await asyncio.to_thread(base.path), options.threads, options.slots, options.context_tokens, http
            )
            loader = Loader(switch, options.cache_dir, base.heads, base.kv_heads)
            await switch.use({})
            tables = BroadcastTables(process.broker, process.serde, ("model.registered",) if options.reconcile else ())
            await tables.start()
            if options.reconcile:
                process.spawn(tables.run(), "tables")
                process.spawn(loader.follow(tables, base.model), "reconcile")
            process.when_ready(lambda: switch.current is not None)
            name = base.model.removeprefix("base/")
            app = build_app(switch, name, loader.load, loader.unload, options.token.get_secret_value())
            await serve_http(app, options.host, options.port, process.stop, settings.grace_s / 2)
            await tables.stop()
            await switch.close()

    return serve(run, settings, name="model_server")


if __name__ == "__main__":
    sys.exit(main())
