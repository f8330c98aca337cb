"""The gate: what good data is, checked by SHACL, and told so that a person can mend it."""

from ecosystem_graph.gate.shapes import Shapes
from ecosystem_graph.gate.validate import validate
from ecosystem_graph.gate.vocabulary import misused_terms
from ecosystem_graph.problem import Problem, Severity

__all__ = ["Problem", "Severity", "Shapes", "misused_terms", "validate"]
