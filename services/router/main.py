"""Composition root of the router: ``python -m services.router.main``."""

import asyncio
import sys

import httpx

from services.router.adapters import RedisReplica
from services.router.app import build_app
from services.router.follower import Follower
from services.router.frontier import FrontierClient
from services.router.gateway import Gateway
from services.router.health import HealthBoard
from services.router.observer import Observer
from services.router.serve import Chain
from services.router.settings import RouterSettings
from services.router.snapshot import SnapshotHolder
from services.router.spool import Spool
from shared.clock import SystemClock
from shared.http import serve_http
from shared.lifecycle import Process, load_settings, serve
from shared.policy import load_policy
from shared.serving import CompletionClient
from shared.tasks.features import Featuriser, load_wordllama
from shared.tasks.matcher import MatcherIndex

PRODUCER = "router/1"


def main() -> int:
    settings = load_settings(RouterSettings)
    options, policy = settings.router, load_policy(settings.policy_profile)

    async def run(process: Process) -> None:
        holder = SnapshotHolder(MatcherIndex(Featuriser(load_wordllama())))
        replica = RedisReplica(settings.redis_url.get_secret_value())
        spool = Spool(options.spool_dir, options.spool_key.get_secret_value(), options.spool_max_bytes)
        observer = Observer(process.broker, process.serde, spool, options.ring_records)
        follower = Follower(holder, replica, process.broker, process.serde, options.follow)
        process.spawn(follower.follow_log(), "follower")
        process.spawn(follower.exchange(), "replica")
        observing = asyncio.create_task(observer.run(), name="observer")
        process.spawn(_as_long_as(observing), "observer")
        limits = httpx.Limits(max_connections=500, max_keepalive_connections=100)
        async with httpx.AsyncClient(limits=limits) as upstream, httpx.AsyncClient(limits=limits) as local:
            health = HealthBoard()
            frontier = FrontierClient(upstream, options.frontier_base_url, options.frontier_api_key.get_secret_value())
            specialists = CompletionClient(
                local, options.specialist_base_url, options.specialist_token.get_secret_value()
            )
            chain = Chain(frontier, specialists, health, policy.routing, options.frontier_timeout_s)
            gateway = Gateway(
                holder,
                chain,
                health,
                observer,
                policy,
                SystemClock(),
                settings.hash_key.get_secret_value().encode(),
                options.frontier_model,
                options.share_salt,
                options.routed_models,
                PRODUCER,
            )
            app = build_app(gateway, options.keys, options.max_body_bytes)
            await serve_http(app, options.host, options.port, process.stop, settings.grace_s / 2)
        observer.stop()
        await observing
        await replica.close()

    return serve(run, settings, name="router")


async def _as_long_as(task: "asyncio.Task[None]") -> None:
    """A side task that ends as the task does, but whose cancellation leaves it alone: it still has to drain."""
    await asyncio.shield(task)


if __name__ == "__main__":
    sys.exit(main())
