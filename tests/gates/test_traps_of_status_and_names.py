"""The traps of the five documents, sections C and D: status and names.

Each test shows that the data hold what the documents say where a reader may go astray.
Counts and money are in test_traps.py, concepts in test_traps_of_concepts.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from ecosystem_graph.engine import Graph
from ecosystem_graph.queries import Scope
from gates_support import bases, rows


def names(graph: Graph, thing: str, scope: Scope = Scope.DOCUMENTS) -> set[str]:
    """Return the labels of a thing in every language, and its abbreviations."""
    label = "skos:prefLabel|skos:altLabel|eco:acronym|eco:officialName"
    return set(rows(graph, f"SELECT ?name WHERE {{ <id/{thing}> {label} ?name }}", scope))


def statuses(graph: Graph, thing: str) -> list[Any]:
    """Return the statuses of a thing, each with the day or year for which it holds."""
    return rows(
        graph,
        f"""SELECT ?status ?asOf WHERE {{
              <id/{thing}> eco:hasStatusRecord ?record .
              ?record eco:statusValue/skos:notation ?status ; eco:asOf ?asOf
            }}""",
    )


# C. Status and modality


def test_the_weekly_working_day_was_planned_and_not_realised(graph: Graph) -> None:
    """T20: the reason is kept, and lists of what was realised leave it out."""
    day = "plan-item/nordjylland-2023.fixed-weekly-day"
    assert statuses(graph, day) == [("not-realised", "2023")]
    reasons = f"""SELECT ?kind ?reason WHERE {{ <id/{day}> a ?kind ;
        eco:hasStatusRecord/eco:statusReason ?reason .
        FILTER (LANG(?reason) = "en" && ?kind = eco:PlannedActivity) }}"""
    assert rows(graph, reasons) == [
        ("eco:PlannedActivity", "The tasks were too varied for one fixed day.")
    ]
    assert rows(graph, f"SELECT ?done WHERE {{ <id/{day}> eco:realisedBy ?done }}") == []


@pytest.mark.parametrize("project", ["rau", "ergo-op"])
def test_rau_and_ergo_op_needed_no_assistance(graph: Graph, project: str) -> None:
    """T21: that is neither cancelled nor failed."""
    assert statuses(graph, f"project/{project}") == [("assistance-not-needed", "2023")]


def test_no_document_states_an_operating_living_lab(graph: Graph) -> None:
    """T22: one is an aim, one is being set up, and the plural of the plan names none."""
    labs = """SELECT DISTINCT ?lab ?status WHERE { ?lab a eco:LivingLab .
        OPTIONAL { ?lab eco:hasStatusRecord/eco:statusValue/skos:notation ?status } }"""
    assert rows(graph, labs) == [
        ("id/organisation/city-region-living-lab", "planned"),
        ("id/organisation/living-lab-vesthimmerland", "being-established"),
    ]
    workshops = "<id/plan-item/nordjylland-2024.videndelingsworkshops>"
    assert rows(graph, f"SELECT ?lab WHERE {{ {workshops} ?p ?lab . ?lab a eco:LivingLab }}") == []


def test_the_plan_for_2024_is_a_proposal_without_shares_and_results(graph: Graph) -> None:
    """T23: all that it holds is proposed."""
    assert statuses(graph, "plan/nordjylland-2024") == [("proposal", "2023")]
    items = """SELECT ?status (COUNT(DISTINCT ?item) AS ?items) WHERE {
        <id/plan/nordjylland-2024> eco:hasItem ?item .
        ?item eco:hasStatusRecord/eco:statusValue/skos:notation ?status } GROUP BY ?status"""
    assert rows(graph, items) == [("proposed", 14)]
    results = """SELECT ?result WHERE {
        <id/plan/nordjylland-2024> eco:hasItem/(eco:resourceShare|eco:realisedBy) ?result }"""
    assert rows(graph, results) == []


def test_two_priorities_of_two_years_share_one_title(graph: Graph) -> None:
    """T23: the support of test environments."""
    priorities = """SELECT ?plan ?priority WHERE { ?plan eco:hasPriority ?priority .
        ?priority skos:prefLabel "Understøttelse af testmiljøer"@da }"""
    assert rows(graph, priorities) == [
        ("id/plan/nordjylland-2023", "id/plan-item/nordjylland-2023.p3"),
        ("id/plan/nordjylland-2024", "id/plan-item/nordjylland-2024.p2"),
    ]


def test_in_progress_holds_on_the_day_of_the_page(graph: Graph) -> None:
    """T24: the project ended in November 2022."""
    (status,) = statuses(graph, "project/medtech4europe")
    assert (status[0], str(status[1])) == ("in-progress", "2021-05-03")
    end = "SELECT ?end WHERE { <id/project/medtech4europe> eco:during/dcat:endDate ?end }"
    assert rows(graph, end) == ["2022-11"]


def test_the_publication_of_the_action_plans_is_announced(graph: Graph) -> None:
    """T25: that they were published is not said."""
    plans = "<id/deliverable/helium.regional-action-plans>"
    assert "Publication on the website of the project is announced." in rows(
        graph, f"SELECT ?text WHERE {{ {plans} dcterms:description ?text }}"
    )
    published = f"SELECT ?o WHERE {{ {plans} dcterms:issued|dcterms:available|foaf:page ?o }}"
    assert rows(graph, published) == []


def test_what_was_intended_is_marked_so_and_four_meetings_are_about_four(graph: Graph) -> None:
    """T26: the text was written before the project ran."""
    noted = bases(graph, "project/helium", "skos:editorialNote")
    assert [basis for note, basis in noted if "are intentions" in note] == ["editor-inferred"]
    meetings = """SELECT ?value ?qualifier WHERE {
        ?figure eco:refSubject <id/organisation/lcr-regional-stakeholder-group> ;
                eco:indicator <scheme/indicator/meetings-per-year> ;
                sdmx-measure:obsValue ?value ; eco:valueQualifier/skos:notation ?qualifier }"""
    assert rows(graph, meetings) == [(4, "about")]


def test_the_swot_analysis_is_a_task_without_results(graph: Graph) -> None:
    """T27: the weakness of regional authorities is a need, not from an analysis."""
    task = """SELECT ?about WHERE {
        <id/organisation/lcr-regional-stakeholder-group> eco:hasObjective ?task .
        ?task skos:prefLabel ?label ; eco:objectiveConcerns ?about .
        FILTER (STRSTARTS(?label, "SWOT analysis")) }"""
    assert rows(graph, task) == ["id/instrument/esif-lcr", "id/region/liverpool-city-region"]
    items = "SELECT ?x WHERE { ?x a ?kind . FILTER (?kind IN (eco:SwotItem, eco:SwotAnalysis)) }"
    assert rows(graph, items) == []
    need = """SELECT ?said ?place WHERE { <id/need/regional-authorities-medtech-expertise>
        a eco:InnovationNeed ; prov:wasAttributedTo ?said ; eco:statedIn ?place }"""
    assert rows(graph, need) == [("id/organisation/cea-leti", "id/source-span/leti-2021.L77")]


# D. Names


def test_medtech4europe_is_one_project_with_four_names(graph: Graph) -> None:
    """T28: the consortium's name makes no second individual."""
    four = {"MEDTECH4EUROPE", "MEDTECH project", "Medtech4", "Medtech4 Europe"}
    assert four <= names(graph, "project/medtech4europe")
    so_called = """SELECT DISTINCT ?thing WHERE {
        ?thing a eco:Project ; skos:prefLabel|skos:altLabel ?name .
        FILTER (STRSTARTS(LCASE(?name), "medtech")) }"""
    assert rows(graph, so_called, Scope.ALL) == ["id/project/medtech4europe"]


def test_the_incontinence_project_has_many_spellings_and_an_application_apart(graph: Graph) -> None:
    """T29: the application for money is another record."""
    spellings = {
        "Sammen om nye løsninger på inkontinens",
        "Sammen om nye løsninger for inkontinens",
        "Sammen om nye Løsninger på Inkontinens",
        "Inkontinensprojektet",
    }
    project = "project/sammen-om-nye-loesninger-paa-inkontinens"
    assert names(graph, project) == {*spellings, "Together on new solutions for incontinence"}
    public = names(graph, project, Scope.ALL) - names(graph, project)
    assert public == {"Sammen om løsninger til inkontinens"}
    applied = f"SELECT ?a WHERE {{ ?a a eco:FundingApplication ; eco:forProject <id/{project}> }}"
    assert rows(graph, applied) == ["id/application/inkontinens-2023"]


def test_the_conference_is_one_series_with_an_edition_of_2023_and_one_planned(graph: Graph) -> None:
    """T30: the second name stands for the series and for the edition of 2023."""
    series = "event-series/naar-innovation-lykkes"
    second = "Når Innovation lykkes på Tværs"
    assert {"Når Innovation Lykkes", second, "NIL"} <= names(graph, series)
    assert second in names(graph, "event/naar-innovation-lykkes-2023")
    editions = f"SELECT ?edition WHERE {{ ?edition eco:editionOf <id/{series}> }}"
    assert rows(graph, editions) == ["id/event/naar-innovation-lykkes-2023"]
    planned = f"""SELECT ?item ?status WHERE {{ ?item eco:itemConcerns <id/{series}> ;
        eco:hasStatusRecord/eco:statusValue/skos:notation ?status }}"""
    assert rows(graph, planned) == [
        ("id/plan-item/nordjylland-2024.naar-innovation-lykkes", "proposed")
    ]


def test_three_programmes_are_called_erhvervsfyrtaarn_and_none_is_linked(graph: Graph) -> None:
    """T31: in the vision of the cluster the word names no programme."""
    programmes = """SELECT ?programme ?name WHERE {
        ?programme a eco:FundingProgramme ; skos:prefLabel ?name .
        FILTER (CONTAINS(?name, "Erhvervsfyrtårn")) }"""
    assert rows(graph, programmes) == [
        ("id/programme/erhvervsfyrtaarn-hovedstaden", "Erhvervsfyrtårn Hovedstaden"),
        ("id/programme/erhvervsfyrtaarn-life-science", "Erhvervsfyrtårn Life Science"),
        ("id/programme/erhvervsfyrtaarn-life-science-2", "Erhvervsfyrtårn Life Science II"),
    ]
    linked = """SELECT ?a ?link ?b WHERE { ?a a eco:FundingProgramme ; ?link ?b .
        ?b a eco:FundingProgramme }"""
    assert rows(graph, linked) == []
    noted = bases(graph, "organisation/danish-life-science-cluster", "skos:editorialNote")
    assert [basis for note, basis in noted if "figure of speech" in note] == ["editor-inferred"]


@pytest.mark.parametrize(
    ("authority", "region", "others"),
    [
        (
            "region-hovedstaden",
            "hovedstaden",
            [("id/programme/erhvervsfyrtaarn-hovedstaden", "eco:FundingProgramme")],
        ),
        (
            "region-nordjylland",
            "nordjylland",
            [("id/organisation/dlsc-nordjylland", "org:OrganizationalUnit")],
        ),
    ],
)
def test_an_authority_governs_a_region_and_is_none(
    graph: Graph, authority: str, region: str, others: list[Any]
) -> None:
    """T32: authority, place, programme and office are separate individuals."""
    governed = f"""SELECT ?region WHERE {{
        <id/organisation/{authority}> a eco:RegionalAuthority ; eco:hasJurisdictionOver ?region .
        ?region a eco:Region }}"""
    assert rows(graph, governed) == [f"id/region/{region}"]
    ((other, kind),) = others
    apart = f"""SELECT ?other ?kind WHERE {{ VALUES (?other ?kind) {{ (<{other}> {kind}) }}
        ?other a ?kind . FILTER NOT EXISTS {{ ?other a eco:Region }}
        FILTER NOT EXISTS {{ ?other a eco:RegionalAuthority }} }}"""
    assert rows(graph, apart) == others
    both = "SELECT ?x WHERE { ?x a eco:Region , foaf:Agent }"
    assert rows(graph, both, Scope.ALL) == []


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        ("method/offentlig-privat-innovationssamarbejde", "OPI"),
        ("organisation/co-pi", "Center for Offentlig-Privat Innovation"),
        ("organisation/co-pi", "CO-PI"),
        ("organisation/lcr-lep", "LEP"),
        ("organisation/lcr-lep", "LCR LEP"),
        ("organisation/lcr-regional-stakeholder-group", "RSG"),
        ("project/sofi", "SOFI"),
        ("event-series/naar-innovation-lykkes", "NIL"),
        ("project/llib", "LLIB"),
        ("organisation/danish-life-science-cluster", "DLSC"),
        ("organisation/regulatorisk-erfa-netvaerk", "Regulatorisk ERFA-netværk"),
    ],
)
def test_an_abbreviation_is_a_name_of_its_thing(graph: Graph, thing: str, expected: str) -> None:
    """T33: LEP alone is the partnership of Liverpool."""
    assert expected in names(graph, thing)


def test_an_expansion_that_the_text_lacks_is_inferred(graph: Graph) -> None:
    """T33: RN and IOI are never written out."""
    assert bases(graph, "organisation/region-nordjylland", "eco:acronym") == [
        ("RN", "editor-inferred")
    ]
    ((note, basis),) = bases(graph, "plan-item/nordjylland-2023.p1", "skos:editorialNote")
    assert "IOI is not written out" in note
    assert basis == "editor-inferred"
    expanded = """SELECT ?thing WHERE { ?thing skos:prefLabel|skos:altLabel|eco:officialName ?name .
        FILTER (CONTAINS(LCASE(?name), "innovativt offentligt indkøb")) }"""
    assert rows(graph, expanded) == []


def test_cea_is_the_partner_and_its_unit_cea_leti_leads_the_tasks(graph: Graph) -> None:
    """T34: that CEA-Leti is a unit of CEA is inferred."""
    partner = "SELECT ?p ?unit WHERE { ?x eco:participant ?p ; eco:actingUnit ?unit }"
    assert rows(graph, partner) == [("id/organisation/cea", "id/organisation/cea-leti")]
    leaders = """SELECT ?leader (COUNT(?task) AS ?tasks) WHERE {
        ?task eco:taskOf <id/project/medtech4europe> ; eco:taskLeader ?leader } GROUP BY ?leader"""
    assert rows(graph, leaders) == [("id/organisation/cea-leti", 3)]
    assert bases(graph, "organisation/cea-leti", "org:unitOf") == [
        ("id/organisation/cea", "editor-inferred")
    ]


def test_labels_are_tidy_where_the_page_joins_words(graph: Graph) -> None:
    """T35: no no-break space, no joined words."""
    joined = r"\u00A0|Ltd\\.\\(|Environment -T|andreg|thatadv|Favourof|medicaltech|Fieldof"
    untidy = f"""SELECT ?text WHERE {{ GRAPH <graph/curated/leti-2021> {{ ?thing ?p ?text }}
        FILTER (isLiteral(?text) && REGEX(STR(?text), "{joined}")) }}"""
    assert rows(graph, untidy) == []
    assert "Upper Silesian Agency for Entrepreneurship and development Ltd. (GAPR)" in names(
        graph, "organisation/gapr"
    )
    assert "Foundation Lombardy Cluster Technologies for Living Environment - TechForLife" in names(
        graph, "organisation/techforlife"
    )


def test_the_long_name_of_helium_is_public_only(graph: Graph) -> None:
    """T36: the sentence of the page breaks off before it."""
    assert names(graph, "project/helium") == {"HELIUM"}
    long_name = "Health Innovation Experimental Landscape through Policy Improvement"
    assert names(graph, "project/helium", Scope.ALL) == {"HELIUM", long_name}


def test_noise_makes_no_record_no_label_and_no_key(graph: Graph) -> None:
    """T37: a caption, a piece of HTML, and section numbers that come twice."""
    noise = """SELECT ?thing ?text WHERE { ?thing ?p ?text .
        FILTER (REGEX(STR(?text), "niklas nyhet|<ul|list-style", "i")) }"""
    assert rows(graph, noise) == []
    # A place in a document is known by its lines, never by a section number.
    keys = """SELECT ?span WHERE { ?span a eco:SourceSpan ; eco:lineStart ?from ; eco:lineEnd ?to .
        BIND (CONCAT(".L", STR(?from), IF(?from = ?to, "", CONCAT("-L", STR(?to)))) AS ?lines)
        FILTER (!STRENDS(STR(?span), ?lines)) }"""
    assert rows(graph, keys) == []
