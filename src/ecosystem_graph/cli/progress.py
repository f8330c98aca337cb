"""Progress on standard error, for people at a terminal and for logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ecosystem_graph.releases import Stage


@contextmanager
def progress(stages: int) -> Iterator[Stage]:
    """Show a bar that moves one step with each stage; plain lines where there is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda words: console.print(f"{words} …")
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Starting", total=stages)

        def stage(words: str) -> None:
            if bar.tasks[0].description != "Starting":
                bar.advance(task)
            bar.update(task, description=words)

        yield stage
