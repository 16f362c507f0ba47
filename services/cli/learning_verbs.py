"""``flywheel train`` and ``flywheel evaluate``: the trainer's own job on a file, in a process of its own.

A process, because torch belongs to the trainer alone, and because its memory goes back to the machine with it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.output import OutputFormat, OutputOption, show_document

InputOption = Annotated[
    Path,
    typer.Option("--input", "-i", exists=True, dir_okay=False, help="records of observation.clustered, JSON Lines"),
]
ClusterOption = Annotated[str, typer.Option(help="cluster to take; may be left out where the input holds one")]
ThreadsOption = Annotated[int, typer.Option(min=1, help="1 beside other services, all cores on a machine of its own")]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu or cuda")]
ModelsOption = Annotated[Path, typer.Option(help="where prepared base models are kept")]
MODELS_DIR = Path(".flywheel/models")


def register(app: typer.Typer) -> None:
    app.command(epilog="Example:  flywheel train --input clustered.jsonl --cluster c1 --out adapters/")(train)
    app.command(epilog="Example:  flywheel evaluate --adapter adapters/c1-v1-0a1b --input clustered.jsonl")(evaluate)


def train(
    input_file: InputOption,
    out: Annotated[Path, typer.Option(help="folder that gets the adapter's folder")],
    cluster: ClusterOption = "",
    label: Annotated[str, typer.Option(help="readable name, part of the specialist's")] = "",
    policy: Annotated[str, typer.Option(help="policy profile: service, demo or test")] = "service",
    profile: Annotated[str, typer.Option(help="training profile; default: the policy's")] = "",
    min_examples: Annotated[int, typer.Option(min=0, help="rows below which it is refused; default: the policy's")] = 0,
    seed: Annotated[int, typer.Option(help="random state")] = 0,
    threads: ThreadsOption = 1,
    device: DeviceOption = "auto",
    models_dir: ModelsOption = MODELS_DIR,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Train a specialist from a file, without a broker. Exit code 1 where the data set is refused, with the reason."""
    words = ["train", "--input", str(input_file), "--out", str(out), "--cluster", cluster, "--label", label]
    words += ["--policy", policy, "--profile", profile, "--min-examples", str(min_examples), "--seed", str(seed)]
    document = _offline([*words, *_machine(threads, device, models_dir)])
    _show(document, output, f"{document.get('model')} in {document.get('adapter')}")


def evaluate(
    adapter: Annotated[Path, typer.Option(exists=True, file_okay=False, help="adapter folder with its manifest")],
    input_file: InputOption,
    cluster: ClusterOption = "",
    max_rows: Annotated[int, typer.Option(min=1, help="rows at most")] = 200,
    threads: ThreadsOption = 1,
    device: DeviceOption = "auto",
    models_dir: ModelsOption = MODELS_DIR,
    output: OutputOption = OutputFormat.TABLE,
) -> None:
    """Measure an adapter on rows that it was not trained on: format, parity, precision, recall."""
    words = ["evaluate", "--adapter", str(adapter), "--input", str(input_file), "--cluster", cluster]
    document = _offline([*words, "--max-rows", str(max_rows), *_machine(threads, device, models_dir)])
    _show(document, output, f"{document.get('model')} on {document.get('rows')} unseen rows")


def _machine(threads: int, device: str, models_dir: Path) -> list[str]:
    return ["--threads", str(threads), "--device", device, "--models-dir", str(models_dir)]


def _offline(words: list[str]) -> dict[str, Any]:
    """Run the trainer's own program; its progress and refusals pass through. Raises its exit code."""
    checkout = Path(__file__).resolve().parents[2]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(checkout), os.environ.get("PYTHONPATH")))),
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-m", "services.trainer_worker.offline", *words]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - own program, own interpreter
    if done.returncode:
        raise typer.Exit(done.returncode)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _show(document: dict[str, Any], output: OutputFormat, headline: str) -> None:
    metrics = "\n".join(f"  {name:<16} {value:.4g}" for name, value in document.get("metrics", {}).items())
    show_document(document, output, f"{headline}\n{metrics}")
