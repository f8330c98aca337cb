# Whatever a property points to is of its range; only things, never literals.
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl:  <http://www.w3.org/2002/07/owl#>
PREFIX g:    <https://w3id.org/ecosystem-graph/graph/system/>

INSERT { ?y a ?class }
WHERE {
  GRAPH g:ontology {
    ?p rdfs:range ?class .
    FILTER (isIRI(?class) && ?class NOT IN (owl:Thing, rdfs:Resource, rdfs:Literal))
    FILTER NOT EXISTS { ?p a owl:DatatypeProperty }
  }
  ?any ?p ?y .
  FILTER (!isLiteral(?y))
}
