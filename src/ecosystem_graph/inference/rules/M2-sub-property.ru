# What holds for the narrow property holds for the wide one. Annotation properties are left alone.
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl:  <http://www.w3.org/2002/07/owl#>
PREFIX g:    <https://w3id.org/ecosystem-graph/graph/system/>

INSERT { ?x ?wide ?y }
WHERE {
  GRAPH g:ontology {
    ?narrow rdfs:subPropertyOf ?wide .
    FILTER (isIRI(?wide) && ?wide != ?narrow)
    FILTER NOT EXISTS { ?narrow a owl:AnnotationProperty }
  }
  ?x ?narrow ?y .
}
