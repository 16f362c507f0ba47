"""``flywheel topics plan | apply | diff | acl``: the broker's topics and grants against ``schemas/topics.yaml``."""

import asyncio
import logging
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.access_verb import acl
from services.cli.output import OutputFormat, OutputOption, note, show_rows

if TYPE_CHECKING:
    from infra.local.topics import TopicPlan
    from shared.stream.broker import Admin

DeploymentOption = Annotated[str, typer.Option(help="which partition counts: embedded or compose")]
ReplicationOption = Annotated[int, typer.Option(min=1, help="replication factor of topics to create")]


def register(app: typer.Typer) -> None:
    topics = typer.Typer(help="Topics as schemas/topics.yaml says.", no_args_is_help=True)
    topics.command(epilog="Example:  flywheel topics plan")(plan)
    topics.command(epilog="Examples:  flywheel topics apply  ·  flywheel topics apply --dry-run")(apply)
    topics.command(epilog="Example:  flywheel topics diff --output json")(diff)
    topics.command(epilog="Examples:  flywheel topics acl --dry-run  ·  flywheel topics acl --offline -o json")(acl)
    app.add_typer(topics, name="topics")


def plan(
    deployment: DeploymentOption = "embedded",
    replication: ReplicationOption = 1,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Show what apply would create. Exit code 1 if a live topic does not fit the registry."""
    found = asyncio.run(_plan(deployment, replication, create=False))
    _show(found, output, everything=False)
    if found.mismatched:
        raise typer.Exit(1)


def apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show the plan")] = False,
    deployment: DeploymentOption = "embedded",
    replication: ReplicationOption = 1,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Create the missing topics. Nothing that exists is changed or deleted."""
    found = asyncio.run(_plan(deployment, replication, create=not dry_run))
    _show(found, output, everything=False)
    if not dry_run:
        note(f"{len(found.create)} created" if found.create else "nothing to create")


def diff(deployment: DeploymentOption = "embedded", output: OutputOption = OutputFormat.TABLE) -> None:
    """Show every topic of registry and broker side by side. Exit code 1 if they differ."""
    found = asyncio.run(_plan(deployment, 1, create=False))
    _show(found, output, everything=True)
    if not found.is_empty:
        raise typer.Exit(1)


async def _plan(deployment: str, replication: int, *, create: bool) -> "TopicPlan":
    from infra.local.reach import current_kafka
    from infra.local.settings import LocalSettings
    from infra.local.topics import apply_plan, plan_topics, with_admin
    from shared.schema.topics import load_topics
    from shared.settings import Settings

    if deployment not in ("embedded", "compose"):
        raise typer.BadParameter(f"{deployment}: embedded or compose", param_hint="--deployment")
    specs = load_topics(Settings().schemas_dir / "topics.yaml")
    kind: Any = deployment

    async def use(admin: "Admin") -> "TopicPlan":
        found = plan_topics(specs, await admin.topics(), kind, replication)
        if create:
            await apply_plan(admin, found)
        return found

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error itself is told, once, by the command
    return await with_admin(current_kafka(LocalSettings()), use)


def _show(plan: "TopicPlan", output: OutputFormat, *, everything: bool) -> None:
    rows: list[dict[str, Any]] = [
        {"topic": topic.name, "state": "missing", "wanted": topic.partitions, "found": None} for topic in plan.create
    ]
    rows += [
        {"topic": item.name, "state": "other partition count", "wanted": item.wanted, "found": item.found}
        for item in plan.mismatched
    ]
    if everything:
        rows += [{"topic": name, "state": "as wanted", "wanted": None, "found": None} for name in plan.present]
        rows += [
            {"topic": name, "state": "not in the registry", "wanted": None, "found": None} for name in plan.unknown
        ]
    show_rows(rows, output)
    if not rows and output is OutputFormat.TABLE:
        note("every topic is as the registry says")
