"""The ontology as a whole: whether it contradicts itself."""

from ecosystem_graph.ontology.consistency import check_consistency

__all__ = ["check_consistency"]
