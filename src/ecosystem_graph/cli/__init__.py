"""The command line: a thin face on the library, one file a group of commands."""

from ecosystem_graph.cli.main import main

__all__ = ["main"]
