"""The traps of the five documents, section E: concepts.

Each test shows that the data hold what the documents say where a reader may go astray.
Counts and money are in test_traps.py, status and names in test_traps_of_status_and_names.py.
"""

from __future__ import annotations

from ecosystem_graph.engine import Graph
from ecosystem_graph.queries import Scope
from gates_support import bases, rows


def test_the_two_helix_models_have_the_strands_that_the_documents_give(graph: Graph) -> None:
    """T38, and a demand of the product: no single list of four."""
    strands = """SELECT ?model ?position ?strand WHERE { ?s eco:strandOf ?model ;
        eco:strandPosition ?position ; skos:prefLabel ?strand . FILTER (LANG(?strand) = "en") }"""
    assert rows(graph, strands) == [
        ("scheme/helix-model/helium", 1, "Industry"),
        ("scheme/helix-model/helium", 2, "Universities"),
        ("scheme/helix-model/helium", 3, "Healthcare/public sector"),
        ("scheme/helix-model/helium", 4, "End users/patients/public"),
        ("scheme/helix-model/medtech4europe", 1, "Research"),
        ("scheme/helix-model/medtech4europe", 2, "Education"),
        ("scheme/helix-model/medtech4europe", 3, "Industry"),
        ("scheme/helix-model/medtech4europe", 4, "Public authorities"),
    ]


def test_a_helix_model_belongs_to_those_who_use_it_and_leads_to_common_sectors(
    graph: Graph,
) -> None:
    """T38: MEDTECH4EUROPE has no part for citizens."""
    users = "SELECT ?model ?user WHERE { ?user eco:usesHelixModel ?model }"
    assert rows(graph, users) == [
        ("scheme/helix-model/helium", "id/method/living-lab-approach"),
        ("scheme/helix-model/helium", "id/organisation/lcr-regional-stakeholder-group"),
        ("scheme/helix-model/helium", "id/project/helium"),
        ("scheme/helix-model/helium", "id/project/innovate-dementia"),
        ("scheme/helix-model/medtech4europe", "id/project/medtech4europe"),
    ]
    people = """SELECT DISTINCT ?model WHERE {
        ?strand eco:strandOf ?model ; eco:coversSector/skos:notation ?code .
        FILTER (?code IN ("citizen", "patient", "end-user")) }"""
    assert rows(graph, people) == ["scheme/helix-model/helium"]


def test_phases_of_innovation_and_phases_of_a_project_are_two_kinds(graph: Graph) -> None:
    """T39: the phases of innovation are concepts that task forces cover."""
    covered = "SELECT ?phase WHERE { ?body a eco:TaskForce ; eco:coversInnovationPhase ?phase }"
    assert rows(graph, covered) == [
        "scheme/innovation-phase/creating",
        "scheme/innovation-phase/scouting",
        "scheme/innovation-phase/uptake",
        "scheme/innovation-phase/valorising",
    ]
    phases = "SELECT ?phase ?type WHERE { ?phase a eco:ProjectPhase ; eco:phaseType ?type }"
    assert rows(graph, phases) == [
        ("id/phase/helium.1", "scheme/project-phase/interreg-phase-1"),
        ("id/phase/helium.2", "scheme/project-phase/interreg-phase-2"),
    ]
    both = "SELECT ?x WHERE { ?x a eco:ProjectPhase ; skos:inScheme <scheme/innovation-phase> }"
    assert rows(graph, both, Scope.ALL) == []


def test_an_interreg_plan_and_a_yearly_work_plan_are_two_kinds_of_action_plan(graph: Graph) -> None:
    """T40: only the first must name one policy instrument."""
    kinds = """SELECT ?kind WHERE {
        GRAPH <graph/system/ontology> { ?kind rdfs:subClassOf eco:ActionPlan } }"""
    assert rows(graph, kinds) == ["eco:PolicyActionPlan", "eco:WorkPlan"]
    plans = "SELECT ?plan WHERE { ?plan a eco:WorkPlan }"
    assert rows(graph, plans) == ["id/plan/nordjylland-2023", "id/plan/nordjylland-2024"]
    rule = """SELECT ?class WHERE { GRAPH <graph/system/shapes> {
        ?shape sh:targetClass ?class ; sh:property ?property .
        ?property sh:path eco:improves ; sh:maxCount 1 } }"""
    assert rows(graph, rule) == ["eco:PolicyActionPlan"]


def test_helium_is_a_project_and_interreg_europe_its_programme(graph: Graph) -> None:
    """T41: a plan is no instrument."""
    supported = """SELECT ?project ?programme WHERE { ?project a eco:InterregionalProject ;
        eco:supportedByProgramme ?programme . ?programme a eco:FundingProgramme }"""
    assert rows(graph, supported) == [
        ("id/project/helium", "id/programme/interreg-europe-2014-2020"),
        ("id/project/medtech4europe", "id/programme/interreg-europe-2014-2020"),
    ]
    disjoint = """SELECT ?set WHERE { GRAPH <graph/system/ontology> {
        ?set a owl:AllDisjointClasses ;
             owl:members/rdf:rest*/rdf:first eco:ActionPlan , eco:Instrument , prov:Activity } }"""
    assert len(rows(graph, disjoint)) == 1
    both = """SELECT ?thing WHERE { ?thing a eco:Instrument , ?kind .
        FILTER (?kind IN (eco:Project, eco:ActionPlan)) }"""
    assert rows(graph, both, Scope.ALL) == []


def test_strands_of_knowledge_lead_to_sectors_many_to_many_by_choice(graph: Graph) -> None:
    """T42: Universities are in Research and in Education."""
    covered = """SELECT ?strand ?sector WHERE { ?s eco:coversSector/skos:notation ?sector ;
        skos:prefLabel ?strand . FILTER (LANG(?strand) = "en")
        FILTER (STR(?strand) IN ("Universities", "Research", "Education")) }"""
    assert rows(graph, covered) == [
        ("Education", "education-provider"),
        ("Education", "university"),
        ("Research", "research-institute"),
        ("Research", "university"),
        ("Universities", "university"),
    ]
    why = """SELECT DISTINCT ?basis WHERE { GRAPH ?ledger { ?record eco:assertionBasis ?why ;
        rdf:predicate eco:coversSector } ?why skos:notation ?basis }"""
    assert rows(graph, why) == ["editor-inferred"]


def test_one_task_compares_instruments_and_the_other_regions(graph: Graph) -> None:
    """T43: the object of each is stated."""
    tasks = """SELECT ?task ?compared ?method WHERE { ?task eco:taskOf <id/project/medtech4europe> ;
        dcterms:description ?compared ; eco:appliesMethod/skos:notation ?method }"""
    assert rows(graph, tasks) == [
        (
            "id/task/medtech4europe.1",
            "Compares policy instruments and the setting of each, not the regions.",
            "1",
        ),
        (
            "id/task/medtech4europe.2",
            "Compares the regions with each other, not the policy instruments.",
            "2",
        ),
    ]
    compared = "SELECT DISTINCT ?task WHERE { ?task dcterms:hasPart/eco:comparesRegion ?region }"
    assert rows(graph, compared) == ["id/task/medtech4europe.2"]


def test_the_reach_of_a_network_at_its_start_is_not_its_reach_now(graph: Graph) -> None:
    """T44: the number of participants goes with the present reach."""
    reach = """SELECT ?network ?start ?now ?participants WHERE {
        ?network eco:hasScopeRecord ?present .
        ?present eco:scopePlace ?now ; eco:during <id/time/2023> .
        OPTIONAL { ?network eco:hasScopeRecord ?first .
                   ?first eco:scopePlace ?start ; eco:during <id/time/within-2022> }
        ?figure eco:refSubject ?network ; eco:refPeriod <id/time/2023> ;
                eco:indicator <scheme/indicator/network-participants> ;
                sdmx-measure:obsValue ?participants }"""
    nordjylland, denmark = "id/region/nordjylland", "id/country/dk"
    assert rows(graph, reach) == [
        ("id/organisation/netvaerk-for-sundhedsdata", nordjylland, denmark, 47),
        ("id/organisation/regulatorisk-erfa-netvaerk", nordjylland, denmark, 39),
        ("id/organisation/samarbejdsforum", None, nordjylland, 18),
    ]
    merged = "SELECT ?a ?b WHERE { ?a a eco:Network ; eco:mergedFrom ?b }"
    assert rows(graph, merged) == [
        ("id/organisation/netvaerk-for-sundhedsdata", "id/organisation/ai-netvaerk-region-midt")
    ]
    purely = "SELECT ?network WHERE { ?network eco:hasScopeRecord/eco:scopeExclusive true }"
    assert rows(graph, purely) == ["id/organisation/samarbejdsforum"]


def test_the_event_in_brussels_has_two_types_a_note_and_an_inferred_year(graph: Graph) -> None:
    """T45: seminar and workshop may be two events."""
    event = "event/osiris-ewrc-2018"
    types = f"SELECT ?t WHERE {{ <id/{event}> eco:eventType/skos:notation ?t }}"
    assert rows(graph, types) == ["seminar", "workshop"]
    (note,) = rows(graph, f"SELECT ?note WHERE {{ <id/{event}> skos:scopeNote ?note }}")
    assert note.endswith("recorded as one event, possibly they were two.")
    assert bases(graph, event, "eco:during") == [("id/time/2018-10-11", "editor-inferred")]
    assert {basis for _, basis in bases(graph, event, "skos:editorialNote")} == {"editor-inferred"}


def test_facts_of_the_side_box_are_located_in_the_side_box(graph: Graph) -> None:
    """T46: the page joins two texts, and only the article has a date."""
    located = """SELECT DISTINCT ?fact ?section WHERE {
        GRAPH <graph/curated/vaesterbotten-2018-statements> {
          ?record dcterms:identifier ?fact ; eco:statedIn ?span . FILTER (?fact >= "S2.28") }
        ?span eco:sectionLabel ?section }"""
    article = "Region Västerbotten presenterade innovationsloop i Bryssel"
    assert rows(graph, located) == [
        ("S2.28", article),
        *((f"S2.{number}", "Innovationspolitik") for number in range(29, 35)),
    ]


def test_praise_of_northern_sweden_is_a_claim_with_a_claimant(graph: Graph) -> None:
    """T47: nothing of it is a property of the region."""
    claims = """SELECT ?claim ?claimant ?source WHERE {
        ?claim a eco:Claim ; eco:claimant ?claimant ; eco:statedIn ?source ;
               eco:claimAbout <id/region/norra-sverige> }"""
    said = ("id/organisation/north-sweden", "id/source-span/vaesterbotten-2018.L23")
    assert rows(graph, claims) == [
        (f"id/claim/norra-sverige.{topic}", *said)
        for topic in ("competitiveness", "innovation-system", "research-money")
    ]
    properties = """SELECT ?value WHERE { <id/region/norra-sverige> ?property ?value .
        FILTER (isLiteral(?value) && ?property != skos:prefLabel) }"""
    assert rows(graph, properties) == []


def test_two_of_the_five_municipalities_are_in_nordjylland_by_inference(graph: Graph) -> None:
    """T48: the region of the three others is not named."""
    municipalities = """SELECT ?municipality ?region WHERE {
        <id/project/sammen-om-nye-loesninger-paa-inkontinens>
            eco:hasParticipation/eco:participant/eco:hasJurisdictionOver ?municipality .
        OPTIONAL { ?municipality eco:locatedIn ?region . ?region a eco:Region } }"""
    assert rows(graph, municipalities) == [
        ("id/municipality/aalborg", "id/region/nordjylland"),
        ("id/municipality/aarhus", None),
        ("id/municipality/gladsaxe", None),
        ("id/municipality/hilleroed", None),
        ("id/municipality/hjoerring", "id/region/nordjylland"),
    ]
    for name in ("aalborg", "hjoerring"):
        assert bases(graph, f"municipality/{name}", "eco:locatedIn") == [
            ("id/region/nordjylland", "editor-inferred")
        ]


def test_vesthimmerland_is_in_three_money_lines_each_at_its_level(graph: Graph) -> None:
    """T49: the bundle names the place, and the incontinence project leaves it out."""
    authority = "id/organisation/vesthimmerlands-kommune"
    territory = "id/municipality/vesthimmerland"
    lines = f"""SELECT ?application ?link ?what WHERE {{
        ?application a eco:FundingApplication ; ?link ?what .
        FILTER (?what IN (<{authority}>, <{territory}>)) }}"""
    assert rows(graph, lines) == [
        ("id/application/datadeling-2023.2", "dcterms:spatial", territory),
        ("id/application/e-scale-2023", "eco:applicant", authority),
        ("id/application/innocomptec-2023", "eco:applicant", authority),
    ]
    assert bases(graph, "application/datadeling-2023.2", "dcterms:spatial") == [
        (territory, "editor-inferred")
    ]


def test_the_sector_of_an_intermediary_is_inferred_or_not_given(graph: Graph) -> None:
    """T50: only the cluster is called what it is."""
    kinds = """SELECT DISTINCT ?body ?basis WHERE {
        GRAPH ?ledger { ?record rdf:subject ?body ; rdf:predicate rdf:type ; rdf:object ?kind ;
                                eco:assertionBasis ?why }
        FILTER (?kind IN (eco:IntermediaryOrganisation, eco:ClusterOrganisation))
        ?body a ?kind . ?why skos:notation ?basis }"""
    found = dict(rows(graph, kinds))
    assert found.pop("id/organisation/danish-life-science-cluster") == "stated"
    assert set(found.values()) == {"editor-inferred"}
    bodies = "SELECT DISTINCT ?body WHERE { ?body a eco:IntermediaryOrganisation }"
    assert {*found, "id/organisation/danish-life-science-cluster"} == set(rows(graph, bodies))
    sectors = """SELECT ?body WHERE { ?body eco:helixSector ?sector .
        FILTER NOT EXISTS { ?body a eco:MemberGroup } }"""
    assert rows(graph, sectors) == []


def test_the_eight_regions_are_those_of_one_project(graph: Graph) -> None:
    """T51: the regions of the graph are more, and the German one is public."""
    compared = """SELECT ?region WHERE {
        <id/task/medtech4europe.2> dcterms:hasPart/eco:comparesRegion ?region }"""
    eight = rows(graph, compared, Scope.ALL)
    assert eight == [
        "id/region/auvergne-rhone-alpes",
        "id/region/baden-wuerttemberg",
        "id/region/del-dunantul",
        "id/region/helsinki-uusimaa",
        "id/region/hovedstaden",
        "id/region/limburg",
        "id/region/lombardia",
        "id/region/slaskie",
    ]
    assert set(eight) - set(rows(graph, compared)) == {"id/region/baden-wuerttemberg"}
    others = set(rows(graph, "SELECT ?region WHERE { ?region a eco:Region }")) - set(eight)
    assert others >= {
        "id/region/liverpool-city-region",
        "id/region/nordjylland",
        "id/region/vaesterbotten",
    }
