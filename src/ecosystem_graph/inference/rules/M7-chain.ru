# A chain of two links; the list must have exactly two members.
PREFIX owl:  <http://www.w3.org/2002/07/owl#>
PREFIX g:    <https://w3id.org/ecosystem-graph/graph/system/>

INSERT { ?x ?p ?z }
WHERE {
  GRAPH g:ontology { ?p owl:propertyChainAxiom ( ?first ?second ) }
  ?x ?first ?y .
  ?y ?second ?z .
}
