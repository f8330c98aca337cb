"""``ecosystem-graph build``."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import click

from ecosystem_graph import resources
from ecosystem_graph.cli.progress import progress
from ecosystem_graph.cli.words import counted
from ecosystem_graph.releases import ReleaseStore
from ecosystem_graph.releases import build as build_release
from ecosystem_graph.settings import Settings

STAGES = 4


@click.command()
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=resources.ROOT,
    help="Folder with ontology/, shapes/ and data/.",
    show_default="the repository",
)
@click.option("--json", "as_json", is_flag=True, help="Tell the outcome as JSON.")
@click.pass_obj
def build(settings: Settings, root: Path, as_json: bool) -> None:
    """Read the files, infer, check, and publish a release if everything fits."""
    started = time.perf_counter()
    with progress(STAGES) as stage:
        built = build_release(root, ReleaseStore(settings.home), stage)
    seconds = time.perf_counter() - started
    release = built.release
    if as_json:
        outcome = {
            "release": release.id,
            "new": built.is_new,
            "graphs": len(release.graphs),
            "triples": release.triples,
            "problems": dict(release.problems),
            "seconds": round(seconds, 1),
        }
        click.echo(json.dumps(outcome, indent=2))
    elif not built.is_new:
        click.echo(f"Nothing has changed: release {release.id} stays current.")
    else:
        by_severity = Counter(problem.severity.name for problem in built.problems)
        click.echo(
            f"Release {release.id}: {release.triples:,} triples in {len(release.graphs)} graphs; "
            f"no violations, {counted(by_severity['Warning'], 'warning')}, "
            f"{counted(by_severity['Info'], 'note')}; "
            f"{seconds:.0f} s."
        )
