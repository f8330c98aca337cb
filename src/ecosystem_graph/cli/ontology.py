"""``ecosystem-graph ontology``."""

from __future__ import annotations

import json

import click

from ecosystem_graph import resources
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.ontology import check_consistency


@click.group()
def ontology() -> None:
    """Look after the ontology."""


@ontology.command()
@click.option("--json", "as_json", is_flag=True, help="Tell the outcome as JSON.")
def check(as_json: bool) -> None:
    """Ask HermiT whether the ontology can be true and every class can have members."""
    modules = sorted(resources.ONTOLOGY.glob("*.ttl"))
    triples = [triple for module in modules for triple in read_rdf(module)]
    check_consistency(triples)
    if as_json:
        click.echo(json.dumps({"consistent": True, "triples": len(triples)}))
    else:
        click.echo(
            f"Consistent: {len(triples):,} triples in {len(modules)} files, "
            "and every class can have members."
        )
