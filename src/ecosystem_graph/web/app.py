"""The application: SPARQL over HTTP, read-only.

The query operation of the SPARQL 1.1 Protocol, without its parameters for the dataset.
"""

from __future__ import annotations

import json
import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ecosystem_graph.engine import Graph, format_by_name, negotiate
from ecosystem_graph.errors import BadQuery, EcosystemGraphError
from ecosystem_graph.settings import Settings

QUERY_TYPE = "application/sparql-query"
FORM_TYPE = "application/x-www-form-urlencoded"

log = logging.getLogger(__name__)

_WELCOME = """\
ecosystem-graph: regional innovation ecosystems in health and medtech, as linked data.
Release {release}.

Ask in SPARQL 1.1, by GET or POST:

  /sparql?query=SELECT ?lab WHERE {{ ?lab a eco:LivingLab }}

The format is the one you accept, or format=json|xml|csv|tsv for rows, ttl|nt|jsonld|rdf for
triples.
"""


def create_app(graph: Graph, settings: Settings) -> Flask:
    """Return the application over one loaded release."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_query_bytes

    @app.get("/")
    def home() -> Response:
        return Response(_WELCOME.format(release=graph.release.id), mimetype="text/plain")

    @app.route("/sparql", methods=["GET", "POST"])
    def sparql() -> Response:
        text = _query_text()
        if len(text.encode()) > settings.max_query_bytes:  # Flask measures bodies only
            raise RequestEntityTooLarge
        answer = graph.query(text)
        name = request.values.get("format")
        output = (
            format_by_name(name)
            if name
            else negotiate(request.accept_mimetypes, is_graph=answer.is_graph)
        )
        response = Response(answer.to(output), content_type=output.media_type)
        response.headers["Ecosystem-Graph-Release"] = answer.release
        response.headers["Vary"] = "Accept"
        return response

    @app.after_request
    def allow_other_origins(response: Response) -> Response:
        # Everything here is public and read-only, so any page may read it.
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.errorhandler(EcosystemGraphError)
    def tell(error: EcosystemGraphError) -> tuple[Response, int]:
        return _problem(error.code, error.message, error.remedy, error.status), error.status

    @app.errorhandler(HTTPException)
    def tell_http(error: HTTPException) -> tuple[Response, int]:
        status = error.code or 500
        headers = [(k, v) for k, v in error.get_headers() if k in ("Allow", "Location")]
        code = error.name.lower().replace(" ", "-")
        response = _problem(code, error.name, error.description or "", status)
        response.headers.extend(headers)
        return response, status

    @app.errorhandler(Exception)
    def tell_fault(error: Exception) -> tuple[Response, int]:
        log.error("fault while answering %s", request.path, exc_info=error)
        message = "The service made a mistake; the log has the details"
        return _problem("fault", message, "Tell the operators what you asked.", 500), 500

    return app


def _query_text() -> str:
    """Return the query of a request, by whichever of the three ways it came.

    Raises:
        BadQuery: there is none, or more than one, an update, or a dataset beside the query.
    """
    if refused := {"default-graph-uri", "named-graph-uri"} & {*request.args, *request.form}:
        raise BadQuery(
            f"{' and '.join(sorted(refused))} cannot be used here",
            remedy="Write FROM or FROM NAMED in the query.",
        )
    if request.method == "POST" and request.mimetype == QUERY_TYPE:
        try:
            return request.get_data().decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadQuery("The query is not UTF-8", remedy="Send it as UTF-8.") from error
    if request.method == "POST" and request.mimetype != FORM_TYPE:
        raise BadQuery(
            f"A query cannot be sent as {request.mimetype or 'nothing'}",
            remedy=f"Send it as {QUERY_TYPE}, or in a form as query=….",
        )
    fields = request.form if request.method == "POST" else request.args
    if "update" in fields:
        raise BadQuery("This endpoint is read-only", remedy="Publish data as a release instead.")
    queries = fields.getlist("query")
    if len(queries) != 1:
        raise BadQuery(
            f"{len(queries) or 'No'} queries were sent",
            remedy="Send one: /sparql?query=SELECT … (percent-encoded).",
        )
    return queries[0]


def _problem(code: str, message: str, remedy: str, status: int) -> Response:
    """Return an error as problem details (RFC 9457)."""
    details = {"type": f"about:blank#{code}", "title": message, "detail": remedy, "status": status}
    return Response(
        json.dumps(details, ensure_ascii=False) + "\n",
        status=status,
        content_type="application/problem+json",
    )
