"""Whether the ontology, alone or with data, contradicts itself: asked of HermiT."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import owlready2
from pyoxigraph import NamedNode, RdfFormat, Triple, serialize

from ecosystem_graph.errors import InconsistentOntology, MissingTool
from ecosystem_graph.names import BASE, short, term


def check_consistency(triples: Iterable[Triple]) -> int:
    """Return the number of triples reasoned over, if they can all be true together.

    Uses HermiT through owlready2, which needs Java. Dates are outside the OWL 2 datatype map, so
    HermiT is told to pass over literals of datatypes it does not know.

    Raises:
        InconsistentOntology: the triples contradict each other, or a class can have no member.
        MissingTool: there is no Java.
    """
    if shutil.which("java") is None:
        raise MissingTool(
            "HermiT needs Java, and there is no java on the path",
            remedy="Install a Java runtime, for example: apt install default-jre-headless",
        )
    triples = [*triples, _ROOT]
    world = owlready2.World()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ontology.nt")
        serialize(triples, path, format=RdfFormat.N_TRIPLES)
        ontology = world.get_ontology(path.as_uri()).load()
        try:
            with ontology:
                owlready2.sync_reasoner_hermit(world, debug=0, ignore_unsupported_datatypes=True)
        except owlready2.OwlReadyInconsistentOntologyError as error:
            raise InconsistentOntology(
                "The ontology and the data contradict each other",
                remedy="Look for a record whose types exclude each other, such as a region "
                "that is also an organisation.",
            ) from error
        finally:
            unsatisfiable = sorted(
                short(c.iri) for c in world.inconsistent_classes() if c is not owlready2.Nothing
            )
            world.close()
    if unsatisfiable:
        raise InconsistentOntology(
            "No thing can ever be: " + ", ".join(unsatisfiable),
            remedy="Remove the superclass or the disjointness that excludes them.",
        )
    return len(triples)


# owlready2 needs an ontology node to hang the triples on.
_ROOT = Triple(NamedNode(BASE + "ns/merged"), term("rdf:type"), term("owl:Ontology"))
