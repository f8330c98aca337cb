"""``python -m ecosystem_graph`` is the command line."""

from ecosystem_graph.cli import main

main()
