"""Reads files into contributions: RDF, statement ledgers, tables of areas and indicators."""

from ecosystem_graph.intake.rdf import RDF_SUFFIXES, read_rdf
from ecosystem_graph.intake.repository import read_repository

__all__ = ["RDF_SUFFIXES", "read_rdf", "read_repository"]
