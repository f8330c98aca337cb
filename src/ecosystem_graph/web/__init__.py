"""The Flask front: the graph over HTTP."""

from ecosystem_graph.web.app import create_app

__all__ = ["create_app"]
