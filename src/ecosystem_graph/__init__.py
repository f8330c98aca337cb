"""ecosystem-graph: a knowledge graph of regional innovation ecosystems in health and medtech.

>>> import ecosystem_graph as eg
>>> g = eg.open()
>>> g.query("SELECT ?lab WHERE { ?lab a eco:LivingLab }").to_pandas()  # doctest: +SKIP
"""

from __future__ import annotations

from pathlib import Path

from ecosystem_graph.engine import Answer, Graph, Library
from ecosystem_graph.errors import EcosystemGraphError
from ecosystem_graph.queries import NamedQuery, Scope
from ecosystem_graph.releases import ReleaseStore
from ecosystem_graph.settings import Settings
from ecosystem_graph.version import __version__

__all__ = [
    "Answer",
    "EcosystemGraphError",
    "Graph",
    "Library",
    "NamedQuery",
    "Scope",
    "__version__",
    "open",
]


def open(  # noqa: A001  # read as eg.open()
    home: str | Path | None = None, release: str = "current"
) -> Graph:
    """Load a release and return it ready to be asked.

    Args:
        home: Folder of the releases; by default ``ECOSYSTEM_GRAPH_HOME``, else ``home``.
        release: A release's id or its beginning; by default the current one.

    Raises:
        NoRelease: nothing has been built in that folder.
        UnknownRelease: no release is called so.
    """
    settings = Settings.from_environment(home=Path(home) if home is not None else None)
    releases = ReleaseStore(settings.home)
    return Graph(releases, releases.get(release))
