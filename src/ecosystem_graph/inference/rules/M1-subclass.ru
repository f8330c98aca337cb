# A thing of a class is of every class above it, in one pass along the path.
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl:  <http://www.w3.org/2002/07/owl#>
PREFIX g:    <https://w3id.org/ecosystem-graph/graph/system/>

INSERT { ?x a ?class }
WHERE {
  GRAPH g:ontology {
    ?sub rdfs:subClassOf+ ?class .
    FILTER (isIRI(?sub) && isIRI(?class) && ?class NOT IN (owl:Thing, rdfs:Resource))
  }
  ?x a ?sub .
}
