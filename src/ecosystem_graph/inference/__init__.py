"""What the ontology lets us infer: materialisation by generic rules to a fixpoint."""

from ecosystem_graph.inference.materialise import Materialiser, rules_digest

__all__ = ["Materialiser", "rules_digest"]
