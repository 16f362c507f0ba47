"""How the commands speak: tables for people, JSON for programs, one line on standard error for what went wrong."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer


class OutputFormat(StrEnum):
    TABLE = "table"
    JSON = "json"


OutputOption = Annotated[OutputFormat, typer.Option("--output", "-o", help="table for people, json for programs")]


def show_rows(rows: Sequence[Mapping[str, Any]], output: OutputFormat, columns: Sequence[str] | None = None) -> None:
    """Print rows with the same keys. JSON holds every key, a table only ``columns`` (default: all)."""
    if output is OutputFormat.JSON:
        typer.echo(json.dumps([dict(row) for row in rows], indent=1, ensure_ascii=False, default=str))
        return
    if not rows:
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    chosen = list(columns or rows[0])
    for column in chosen:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*("" if row.get(column) is None else str(row[column]) for column in chosen))
    Console().print(table)


def show_document(document: Mapping[str, Any], output: OutputFormat, text: str) -> None:
    """Print one result: ``document`` as JSON, ``text`` for people."""
    if output is OutputFormat.JSON:
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False, default=str))
    else:
        typer.echo(text)


def note(line: str) -> None:
    """Progress and remarks, on standard error, so that standard output stays clean for programs."""
    typer.echo(line, err=True)
