"""What may not run: queries that ask other addresses, and anything that writes."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Store

from ecosystem_graph.engine import Graph
from ecosystem_graph.engine.guard import MAX_DEPTH, MAX_OPERATORS, admit
from ecosystem_graph.errors import BadQuery

ELSEWHERE = "<http://127.0.0.1:9/sparql>"
ELSEWHERE_REFUSED = {
    "capitals": f"SELECT * {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    "small-letters": f"SELECT * {{ service {ELSEWHERE} {{ ?s ?p ?o }} }}",
    "mixed": f"ASK {{ SerVice{ELSEWHERE}{{}} }}",
    "silent": f"SELECT * {{ SERVICE SILENT {ELSEWHERE} {{ ?s ?p ?o }} }}",
    "variable": "SELECT * { ?x a ?y . SERVICE ?x { ?s ?p ?o } }",
    "prefixed": "PREFIX x: <http://x/> SELECT * { SERVICE x:y { ?s ?p ?o } }",
    "subquery": f"SELECT * {{ {{ SELECT ?s {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }} }} }}",
    "optional": f"SELECT * {{ OPTIONAL {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }} }}",
    "union": f"SELECT * {{ {{}} UNION {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }} }}",
    "graph": f"SELECT * {{ GRAPH ?g {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }} }}",
    "minus": f"SELECT * {{ ?s ?p ?o MINUS {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }} }}",
    "exists": f"SELECT * {{ FILTER NOT EXISTS {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }} }}",
    "exists-in-bind": f"SELECT (EXISTS {{ SERVICE {ELSEWHERE} {{}} }} AS ?x) {{}}",
    "having": f"SELECT ?s {{ ?s ?p ?o }} GROUP BY ?s HAVING EXISTS {{ SERVICE {ELSEWHERE} {{}} }}",
    "construct": f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    "describe": f"DESCRIBE ?s WHERE {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    "escape": f"ASK {{ \\u0053ERVICE {ELSEWHERE} {{}} }}",
    "long-escape": f"ASK {{ SERV\\U00000049CE {ELSEWHERE} {{}} }}",
    "after-a-remark": f"ASK {{ # }}\n SERVICE {ELSEWHERE} {{}} }}",
    "after-a-remark-that-a-carriage-return-ends": f"ASK {{ #\r SERVICE {ELSEWHERE} {{}}\n }}",
    "after-an-escape-in-a-text": (
        f'SELECT * {{ BIND("\\u0022 #" AS ?x) SERVICE {ELSEWHERE} {{}} }} #\\u000A AS ?x) }}'
    ),
    "after-an-escape-in-a-name": (
        f"PREFIX e: <http://x/> ASK {{ e:a\\# e:b ?c . SERVICE {ELSEWHERE} {{}} }}"
    ),
    "after-a-number": f"ASK {{ ?s ?p 1SERVICE{ELSEWHERE}{{}} }}",
    "after-a-dot": f"ASK {{ ?s ?p x:.SERVICE {ELSEWHERE} {{}} }}",
    "before-a-name-without-prefix": "PREFIX : <http://x/> ASK { SERVICE:a {} }",
    "before-a-name": "PREFIX x: <http://x/> ASK { SERVICEx:a {} }",
    "after-a-text": f"ASK {{ ?s ?p '}} #' . SERVICE {ELSEWHERE} {{}} }}",
}
ONLY_THE_WORD = {
    "text": "ASK { ?s ?p 'SERVICE <x> { }' }",
    "long-text": 'ASK { ?s ?p """SERVICE\n<x>""" }',
    "remark": "# service <x> {}\nASK {}",
    "iri": "ASK { ?s a <http://x/Service> }",
    "prefixed": "PREFIX x: <http://x/> ASK { ?s a x:service ; x:Service-of _:service }",
    "variable": "SELECT ?service { ?service ?p ?o } LIMIT 1",
    "escape-in-text": "ASK { ?s ?p 'Sk\\u00e5ne' }",
}
PIECES = (
    "#",
    "\n",
    "\r",
    "\u2028",
    "\\u000d",
    "'",
    '"',
    '"""',
    "\\",
    "<",
    ">",
    " ",
    "?s ?p ",
    "x:",
    "1",
    "-",
    "'#'",
    "<#",
    ".",
    "\\u0022",
    "\\#",
    "BIND('",
    " AS ?x)",
)
UPDATES = {
    "insert-data": "INSERT DATA { <http://x/a> <http://x/b> <http://x/c> }",
    "delete-where": "DELETE WHERE { ?s ?p ?o }",
    "delete-insert": "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
    "load": "LOAD <http://127.0.0.1:9/x.ttl>",
    "drop": "DROP ALL",
    "clear": "CLEAR DEFAULT",
    "create": "CREATE GRAPH <http://x/g>",
    "copy": "COPY DEFAULT TO <http://x/g>",
    "after-a-prologue": "PREFIX x: <http://x/> BASE <http://y/> INSERT DATA { x:a x:b x:c }",
    "after-a-query": "SELECT * { ?s ?p ?o } ; DROP ALL",
}


@pytest.mark.parametrize("query", ELSEWHERE_REFUSED.values(), ids=ELSEWHERE_REFUSED)
def test_a_query_to_another_address_is_refused(query: str) -> None:
    with pytest.raises(BadQuery, match="SERVICE"):
        admit(query)


@pytest.mark.parametrize("query", ONLY_THE_WORD.values(), ids=ONLY_THE_WORD)
def test_the_word_alone_does_no_harm(query: str, graph: Graph) -> None:
    admit(query)
    graph.query(query)


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(PIECES), max_size=4).map("".join))
@example("#\r")
def test_whatever_stands_before_it_what_the_engine_would_send_is_refused(pieces: str) -> None:
    query = f"PREFIX x: <http://x/> ASK {{ {pieces}SERVICE{ELSEWHERE}{{}}\n}}"
    try:
        Store().query(query)
    except OSError:  # the engine tried to: it lets nobody use port 9, so nothing was sent
        with pytest.raises(BadQuery):
            admit(query)
    except SyntaxError:
        pass


@pytest.mark.parametrize(
    "query",
    [
        "ASK " + "{" * 4000 + "}" * 4000,
        "SELECT (" + "(" * 8000 + "1" + ")" * 8000 + " AS ?x) {}",
        "SELECT (1" + "+1" * 8000 + " AS ?x) {}",
        "ASK { FILTER (" + "!" * 12000 + "true) }",
        "ASK { {}" + " UNION {}" * 8000 + " }",
    ],
    ids=["braces", "parentheses", "sum", "negations", "alternatives"],
)
def test_what_would_exhaust_the_stack_is_refused(query: str) -> None:
    with pytest.raises(BadQuery, match="more than"):
        admit(query)


def test_what_is_just_not_too_much_runs(graph: Graph) -> None:
    braces, sums = "{" * MAX_DEPTH + "}" * MAX_DEPTH, "+1" * MAX_OPERATORS
    assert graph.query(f"ASK {braces}").truth
    assert graph.query(f"SELECT (1{sums} AS ?x) {{}}").rows == [(MAX_OPERATORS + 1,)]


def test_a_refused_query_sends_nothing(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "_store", lambda *_, **__: pytest.fail("the engine was asked"))
    with pytest.raises(BadQuery):
        graph.query(ELSEWHERE_REFUSED["silent"])


@pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES)
def test_an_update_is_refused_and_changes_nothing(update: str, graph: Graph) -> None:
    before = graph.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").rows
    with pytest.raises(BadQuery):
        graph.query(update)
    assert graph.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").rows == before
