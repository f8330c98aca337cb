"""``ecosystem-graph serve``."""

from __future__ import annotations

import threading

import click
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from ecosystem_graph.engine import Graph
from ecosystem_graph.errors import BadInput
from ecosystem_graph.releases import ReleaseStore
from ecosystem_graph.settings import Settings
from ecosystem_graph.web import create_app

STACK_OF_A_QUERY = 512 * 1024 * 1024
"""Room for the deepest query of `Settings.max_query_bytes`: the engine's parser calls itself for
each level, and a full stack would end the process. Memory that is not used costs nothing."""


@click.command()
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Answer SPARQL over HTTP from the current release."""
    settings = Settings.from_environment(home=settings.home, host=host, port=port)
    releases = ReleaseStore(settings.home)
    release = releases.current()
    click.echo(f"Loading release {release.id} …", err=True)
    app = create_app(Graph(releases, release), settings)
    server = _server(settings, app)
    threading.stack_size(STACK_OF_A_QUERY)
    address = f"http://{settings.host}:{server.server_port}"
    click.echo(f"Answering SPARQL on {address}/sparql (Ctrl+C stops)", err=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    finally:
        server.server_close()


class _PlainLog(WSGIRequestHandler):
    """Logs requests without the colours and control characters that a file cannot show."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self.log("info", "%a %s %s", self.requestline, code, size)


def _server(settings: Settings, app: Flask) -> BaseWSGIServer:
    try:
        return make_server(
            settings.host, settings.port, app, threaded=True, request_handler=_PlainLog
        )
    except (OSError, SystemExit) as error:  # werkzeug ends the program when an address is taken
        raise BadInput(
            f"{settings.host}:{settings.port} cannot be listened on",
            remedy="Name another --host or --port; port 0 takes a free one.",
        ) from error
