"""What answers a query: an in-memory store over one frozen release."""

from ecosystem_graph.engine.answer import Answer
from ecosystem_graph.engine.formats import Format, format_by_name, negotiate
from ecosystem_graph.engine.graph import Graph
from ecosystem_graph.engine.library import Library

__all__ = [
    "Answer",
    "Format",
    "Graph",
    "Library",
    "format_by_name",
    "negotiate",
]
