# A step and a step make a step; nothing is put inside itself (shape PLA-03 reports cycles).
PREFIX owl:  <http://www.w3.org/2002/07/owl#>
PREFIX g:    <https://w3id.org/ecosystem-graph/graph/system/>

INSERT { ?x ?p ?z }
WHERE {
  GRAPH g:ontology { ?p a owl:TransitiveProperty }
  ?x ?p ?y .
  ?y ?p ?z .
  FILTER (?x != ?z)
}
