"""Namespaces, IRIs and the one address of the site.

Nothing else in the code spells ``https://w3id.org/ecosystem-graph/``.
"""

from __future__ import annotations

from typing import Final

from pyoxigraph import NamedNode

BASE: Final = "https://w3id.org/ecosystem-graph/"

PREFIXES: Final[dict[str, str]] = {
    "eco": BASE + "ns#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "adms": "http://www.w3.org/ns/adms#",
    "vann": "http://purl.org/vocab/vann/",
    "bibo": "http://purl.org/ontology/bibo/",
    "fabio": "http://purl.org/spar/fabio/",
    "cv": "http://data.europa.eu/m8g/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "qb": "http://purl.org/linked-data/cube#",
    "sdmx-dimension": "http://purl.org/linked-data/sdmx/2009/dimension#",
    "sdmx-measure": "http://purl.org/linked-data/sdmx/2009/measure#",
    "sdmx-attribute": "http://purl.org/linked-data/sdmx/2009/attribute#",
    "sdmx-code": "http://purl.org/linked-data/sdmx/2009/code#",
    "cur": "http://publications.europa.eu/resource/authority/currency/",
    "lang": "http://publications.europa.eu/resource/authority/language/",
    "freq": "http://publications.europa.eu/resource/authority/frequency/",
}

TURTLE_PROLOGUE: Final = f"@base <{BASE}> .\n" + "".join(
    f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()
)
"""Base and prefixes, for reading terms written outside a Turtle file."""

STATEMENTS_SUFFIX: Final = "-statements"


def term(prefixed: str) -> NamedNode:
    """Return the IRI of a prefixed name, such as ``eco:LivingLab``."""
    prefix, _, local = prefixed.partition(":")
    return NamedNode(PREFIXES[prefix] + local)


def iri(path: str) -> NamedNode:
    """Return the IRI of a path below the base, such as ``id/project/helium``."""
    return NamedNode(BASE + path)


def graph(publisher: str, dataset: str) -> NamedNode:
    """Return the name of a publisher's dataset as a named graph."""
    return iri(f"graph/{publisher}/{dataset}")


def short(node: str) -> str:
    """Return an IRI as people read it: below the base, prefixed, or whole."""
    if node.startswith(BASE + "ns#"):
        return "eco:" + node.removeprefix(BASE + "ns#")
    if node.startswith(BASE):
        return node.removeprefix(BASE)
    for prefix, namespace in PREFIXES.items():
        if node.startswith(namespace):
            return f"{prefix}:{node.removeprefix(namespace)}"
    return node


ONTOLOGY_GRAPH: Final = graph("system", "ontology")
SCHEMES_GRAPH: Final = graph("system", "schemes")
SHAPES_GRAPH: Final = graph("system", "shapes")
QUERIES_GRAPH: Final = graph("system", "queries")
INFERRED_GRAPH: Final = graph("system", "inferred")
INFERRED_FROM_DOCUMENTS_GRAPH: Final = graph("system", "inferred-documents")
