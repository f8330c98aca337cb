# Whatever uses a property is of its domain.
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl:  <http://www.w3.org/2002/07/owl#>
PREFIX g:    <https://w3id.org/ecosystem-graph/graph/system/>

INSERT { ?x a ?class }
WHERE {
  GRAPH g:ontology {
    ?p rdfs:domain ?class .
    FILTER (isIRI(?class) && ?class NOT IN (owl:Thing, rdfs:Resource))
  }
  ?x ?p ?any .
}
