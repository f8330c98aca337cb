"""``ecosystem-graph validate``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ecosystem_graph import resources
from ecosystem_graph.cli.progress import progress
from ecosystem_graph.cli.words import counted
from ecosystem_graph.errors import GateClosed
from ecosystem_graph.gate import Severity
from ecosystem_graph.releases import check_file

STAGES = 3


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--language",
    "-l",
    type=click.Choice(["en", "da", "sv"]),
    default="en",
    show_default=True,
    help="Language of the messages.",
)
@click.option("--json", "as_json", is_flag=True, help="Tell the findings as JSON.")
def validate(file: Path, language: str, as_json: bool) -> None:
    """Check an RDF file against the shapes, together with what is already in the repository.

    Nothing is published. Exits with 1 if there is a violation; warnings and notes do not matter.
    """
    with progress(STAGES) as stage:
        problems = check_file(resources.ROOT, file, stage)
    violations = [problem for problem in problems if problem.severity is Severity.Violation]
    if as_json:
        found = {
            "file": str(file),
            "conforms": not violations,
            "problems": [problem.as_dict() for problem in problems],
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        raise SystemExit(1 if violations else 0)
    for problem in problems:
        click.echo(problem.line(language))
    if violations:
        raise GateClosed(
            f"{file}: {counted(len(violations), 'violation')}",
            (),
            remedy="Correct the violations; warnings and notes may stay.",
        )
    click.echo(f"{file} fits the shapes: {counted(len(problems), 'finding')} that may stay.")
