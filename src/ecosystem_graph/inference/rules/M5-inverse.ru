# Both directions of each declared pair of inverses.
PREFIX owl:  <http://www.w3.org/2002/07/owl#>
PREFIX g:    <https://w3id.org/ecosystem-graph/graph/system/>

INSERT { ?y ?back ?x }
WHERE {
  GRAPH g:ontology {
    { ?there owl:inverseOf ?back } UNION { ?back owl:inverseOf ?there }
    FILTER (isIRI(?there) && isIRI(?back))
  }
  ?x ?there ?y .
  FILTER (!isLiteral(?y))
}
