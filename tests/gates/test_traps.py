"""The traps of the five documents, sections A and B: counts and money.

Each test shows that the data hold what the documents say where a reader may go astray.
Status and names are in test_traps_of_status_and_names.py, concepts in test_traps_of_concepts.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from ecosystem_graph import resources
from ecosystem_graph.engine import Graph, Library
from ecosystem_graph.queries import Scope
from gates_support import bases, rows

MILLION = 1_000_000


def figures(graph: Graph, subject: str, indicator: str) -> list[Any]:
    """Return what the documents report of a subject: value, qualifier and place."""
    return rows(
        graph,
        f"""SELECT ?value ?qualifier ?place WHERE {{
              ?figure eco:refSubject <id/{subject}> ; eco:indicator <scheme/indicator/{indicator}> ;
                      eco:valueBasis <scheme/value-basis/reported> ; eco:refSource ?source ;
                      sdmx-measure:obsValue ?value ; eco:valueQualifier/skos:notation ?qualifier .
              BIND (STRAFTER(STR(?source), "source-span/") AS ?place)
            }}""",
    )


# A. Counts that disagree


def test_five_applications_are_reported_and_eight_are_recorded(graph: Graph) -> None:
    """T01: nothing is adjusted, and the difference is reported."""
    plan = "plan/nordjylland-2023"
    assert figures(graph, plan, "fund-applications") == [(5, "as-stated", "dlsc-2023.L47")]
    recorded = """SELECT ?status ?time (COUNT(?application) AS ?number) WHERE {
        ?application a eco:FundingApplication ; eco:during ?time ;
                     eco:hasStatusRecord/eco:statusValue/skos:notation ?status .
        FILTER NOT EXISTS { ?bundle dcterms:hasPart ?application }
      } GROUP BY ?status ?time"""
    assert rows(graph, recorded) == [
        ("granted", "id/time/within-2022", 2),
        ("granted", "id/time/within-2023", 3),
        ("pending", "id/time/within-2023", 3),
    ]
    assert graph.release.problems["IND-07"] == 2


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        (
            "event-participants",
            [
                (350, "about", "dlsc-2023.L31"),
                (350, "as-stated", "dlsc-2023.L57"),
                (350, "just-under", "dlsc-2023.L152"),
            ],
        ),
        (
            "exhibitors",
            [
                (40, "as-stated", "dlsc-2023.L148"),
                (40, "as-stated", "dlsc-2023.L57"),
                (40, "more-than", "dlsc-2023.L152"),
            ],
        ),
    ],
)
def test_each_wording_of_the_size_of_the_conference_is_a_figure(
    graph: Graph, indicator: str, expected: list[Any]
) -> None:
    """T02: several figures of one quantity and no single true value."""
    assert figures(graph, "event/naar-innovation-lykkes-2023", indicator) == expected


def test_the_projects_in_progress_are_a_number_without_members(graph: Graph) -> None:
    """T03: the source does not say which two projects are meant."""
    plan = "plan/nordjylland-2023"
    assert figures(graph, plan, "projects-in-progress") == [(2, "as-stated", "dlsc-2023.L42")]
    linked = """SELECT ?thing ?link WHERE {
        ?figure eco:refSubject <id/plan/nordjylland-2023> ;
                eco:indicator <scheme/indicator/projects-in-progress> .
        { ?figure ?link ?thing } UNION { ?thing ?link ?figure }
        ?thing a eco:Project
      }"""
    assert rows(graph, linked) == []


def test_three_networks_are_reported_and_the_fourth_has_no_participants(graph: Graph) -> None:
    """T04: a stated count and the number of listed members are two things."""
    plan = "plan/nordjylland-2023"
    assert figures(graph, plan, "networks") == [(3, "as-stated", "dlsc-2023.L43")]
    networks = """SELECT ?network ?participants WHERE {
        ?network a eco:Network ; eco:during ?time .
        OPTIONAL { ?figure eco:refSubject ?network ; sdmx-measure:obsValue ?participants ;
                           eco:indicator <scheme/indicator/network-participants> }
      }"""
    assert rows(graph, networks) == [
        ("id/organisation/netvaerk-for-sundhedsdata", 47),
        ("id/organisation/regionalt-innovationsnetvaerk", None),
        ("id/organisation/regulatorisk-erfa-netvaerk", 39),
        ("id/organisation/samarbejdsforum", 18),
    ]
    started = "SELECT ?d { <id/organisation/regionalt-innovationsnetvaerk> dcterms:description ?d }"
    assert rows(graph, started) == ["Started in 2023."]


def test_four_events_are_reported_and_three_are_named_one_in_doubt(graph: Graph) -> None:
    """T04: the sparring panel may be no event."""
    plan = "plan/nordjylland-2023"
    assert figures(graph, plan, "events") == [(4, "as-stated", "dlsc-2023.L45")]
    named = "SELECT ?event WHERE { ?event a eco:Event ; eco:during <id/time/within-2023> }"
    assert rows(graph, named) == [
        "id/event/naar-innovation-lykkes-2023",
        "id/event/sparringspanel-2023",
        "id/event/temaarrangement-naere-sundhedsvaesen-2023",
    ]
    assert bases(graph, "event/sparringspanel-2023", "rdf:type") == [("eco:Event", "undecided")]


@pytest.mark.parametrize(
    ("day", "phase"),
    [("2018-03-01", 1), ("2018-09-30", 1), ("2018-10-31", 2), ("2021-01-01", 2)],
)
def test_the_phase_of_helium_on_a_day_follows_the_start_of_phase_2(
    graph: Graph, day: str, phase: int
) -> None:
    """T05: the two years of phase 1 end no phase."""
    on_the_day = f"""SELECT ?phase WHERE {{
        ?phase eco:phaseOf <id/project/helium> ; eco:during ?time .
        ?time eco:startLatest ?start .
        OPTIONAL {{ ?time eco:endLatest ?end }}
        FILTER (?start <= "{day}"^^xsd:date && COALESCE(?end >= "{day}"^^xsd:date, true))
      }}"""
    assert rows(graph, on_the_day) == [f"id/phase/helium.{phase}"]


def test_the_dates_of_helium_keep_their_precision_and_the_duration_stands_apart(
    graph: Graph,
) -> None:
    """T05: early 2016, October 2018 and two years are three statements."""
    dates = """SELECT ?phase ?start ?end ?wording WHERE {
        ?phase eco:phaseOf <id/project/helium> ; eco:during ?time .
        ?time dcat:startDate ?start .
        OPTIONAL { ?time dcat:endDate ?end }
        OPTIONAL { ?time eco:timeWording ?wording }
      }"""
    assert rows(graph, dates) == [
        ("id/phase/helium.1", "2016", "2018-09", "early 2016"),
        ("id/phase/helium.2", "2018-10", None, None),
    ]
    assert bases(graph, "time/early-2016--2018-09", "dcat:endDate") == [("2018-09", "computed")]
    assert figures(graph, "phase/helium.1", "lifetime-months") == [
        (24, "as-stated", "helium-phase-2.L3")
    ]


@pytest.mark.parametrize(
    ("project", "plans", "regions"),
    [("helium", [5], []), ("medtech4europe", [8], [8]), ("osiris", [], [7])],
)
def test_counts_belong_to_one_project_and_one_kind_of_thing(
    graph: Graph, project: str, plans: list[int], regions: list[int]
) -> None:
    """T06: five, eight and seven count different things."""
    subject = f"project/{project}"
    assert [value for value, _, _ in figures(graph, subject, "action-plans")] == plans
    assert [value for value, _, _ in figures(graph, subject, "partner-regions")] == regions


def test_medtech4europe_has_eight_regions_nine_partners_and_seven_named_regions(
    graph: Graph,
) -> None:
    """T07: region, country and organisation are three classes, and CEA stands for no region."""
    for indicator in ("partner-regions", "policy-instruments", "action-plans"):
        assert [v for v, _, _ in figures(graph, "project/medtech4europe", indicator)] == [8]
    partners = """SELECT (COUNT(DISTINCT ?partner) AS ?partners) (COUNT(DISTINCT ?in) AS ?countries)
                         (COUNT(DISTINCT ?region) AS ?regions) WHERE {
        <id/project/medtech4europe> eco:hasParticipation ?participation .
        ?participation eco:participant ?partner .
        ?partner org:hasSite/eco:siteIn ?in . ?in a eco:Country .
        OPTIONAL { ?participation eco:representsRegion ?region . ?region a eco:Region }
      }"""
    assert rows(graph, partners) == [(9, 8, 7)]
    assert rows(graph, "SELECT ?in WHERE { <id/organisation/cea> org:hasSite/eco:siteIn ?in }") == [
        "id/country/fr"
    ]
    towns = """SELECT ?town WHERE {
        <id/organisation/cea-leti> eco:operatesFacility/dcterms:spatial ?town }"""
    assert set(rows(graph, towns)) == {"id/place/grenoble"}


@pytest.mark.parametrize("rule", ["indicator#IND-08", "project#PRJ-07"])
def test_a_gap_between_a_count_and_the_listed_members_is_a_warning(graph: Graph, rule: str) -> None:
    """T07: in an open world more may be true than is listed."""
    severity = f"""SELECT ?severity WHERE {{
        GRAPH <graph/system/shapes> {{ <shapes/{rule}> sh:severity ?severity }}
      }}"""
    assert rows(graph, severity) == ["sh:Warning"]
    assert graph.release.problems[rule.partition("#")[2]] > 0


# B. Money


def test_every_amount_has_one_currency_and_none_is_converted(graph: Graph) -> None:
    """T08: kroner in one document, euro in two, and no rate of exchange."""
    without = """SELECT ?amount WHERE { ?amount a eco:MonetaryAmount .
        FILTER NOT EXISTS { ?amount eco:currency ?currency } }"""
    assert rows(graph, without, Scope.ALL) == []
    assert rows(graph, "SELECT ?a WHERE { ?a eco:convertedFrom ?b }", Scope.ALL) == []
    used = """SELECT DISTINCT ?currency ?document WHERE {
        ?amount eco:currency ?currency ; eco:statedIn/eco:inDocument ?document }"""
    assert rows(graph, used) == [
        ("cur:DKK", "id/document/dlsc-2023"),
        ("cur:EUR", "id/document/leti-2021"),
    ]


@pytest.mark.parametrize("kind", ["total-budget", "eu-contribution", "awarded", "requested"])
def test_sums_by_currency_have_one_row_for_each_currency(graph: Graph, kind: str) -> None:
    """T08, and a demand of the product."""
    sums = f"""SELECT ?currency (SUM(?value) AS ?sum) WHERE {{
        ?amount eco:amountType <scheme/amount-type/{kind}> ; eco:amountValue ?value ;
                eco:currency/skos:notation ?currency
      }} GROUP BY ?currency"""
    assert (
        rows(graph, sums)
        == {
            "total-budget": [("DKK", 18_700_000), ("EUR", 1_700_000)],
            "eu-contribution": [("EUR", 1_400_000)],
            "awarded": [("DKK", 40_800_000)],
            "requested": [("DKK", 36_250_000)],
        }[kind]
    )


def test_sums_of_all_money_keep_the_currencies_apart(graph: Graph) -> None:
    """T08, and a demand of the product."""
    sums = """SELECT ?currency (COUNT(?amount) AS ?amounts) WHERE {
        ?amount a eco:MonetaryAmount ; eco:currency/skos:notation ?currency } GROUP BY ?currency"""
    assert rows(graph, sums) == [("DKK", 11), ("EUR", 2)]


@pytest.mark.parametrize(
    ("amount", "value"),
    [
        ("innocomptec-2023.total", 7_300_000),  # decimal comma
        ("sundhedsteknologisk-service-program-2-2022.nordjylland", 19_500_000),  # decimal comma
        ("opi-els2.size", 15_800_000),  # decimal point
    ],
)
def test_a_decimal_comma_and_a_decimal_point_give_a_decimal(
    graph: Graph, amount: str, value: int
) -> None:
    """T09: a point in a Danish amount is no thousands separator."""
    assert rows(graph, f"SELECT ?v WHERE {{ <id/amount/{amount}> eco:amountValue ?v }}") == [value]


def test_amounts_are_stored_in_full(graph: Graph) -> None:
    """T10: mio. is written out, and the step of the source is kept."""
    amounts = """SELECT ?value ?step WHERE {
        ?amount eco:amountValue ?value ; eco:roundedTo ?step ; eco:currency cur:DKK .
        FILTER (DATATYPE(?value) = xsd:decimal) }"""
    assert sorted(rows(graph, amounts)) == [
        (500_000, 100_000),
        (3_000_000, MILLION),
        (4_600_000, 100_000),
        (7_300_000, 100_000),
        (8_750_000, 10_000),
        (10_300_000, 100_000),
        (15_800_000, 100_000),
        (17_200_000, 100_000),
        (18_700_000, 100_000),
        (19_500_000, 100_000),
        (30_000_000, MILLION),
    ]


def test_a_part_is_linked_to_its_whole_and_is_of_another_kind(graph: Graph) -> None:
    """T11: heraf (of which) never counts twice."""
    parts = """SELECT ?part ?whole ?kindOfPart ?kindOfWhole WHERE {
        ?a eco:partOfAmount ?b ; eco:currency cur:DKK ;
           eco:amountValue ?part ; eco:amountType/skos:notation ?kindOfPart .
        ?b eco:amountValue ?whole ; eco:amountType/skos:notation ?kindOfWhole }"""
    assert rows(graph, parts) == [
        (10_300_000, 18_700_000, "requested", "total-budget"),
        (19_500_000, 30_000_000, "allocated", "awarded"),
        (4_600_000, 7_300_000, "allocated", "awarded"),
    ]
    checked = """SELECT ?shape WHERE { GRAPH <graph/system/shapes> {
        ?shape dcterms:identifier "FUN-06" ; sh:targetSubjectsOf eco:partOfAmount } }"""
    assert rows(graph, checked) == ["shapes/funding#FUN-06"]


def test_e_scale_has_a_budget_and_a_smaller_sum_applied_for(graph: Graph) -> None:
    """T12: only the sum applied for is support."""
    amounts = """SELECT ?kind ?value ?qualifier WHERE {
        ?amount eco:partOfAmount*/^eco:hasAmount <id/application/e-scale-2023> ;
                eco:amountType/skos:notation ?kind ; eco:amountValue ?value ;
                eco:valueQualifier/skos:notation ?qualifier }"""
    assert rows(graph, amounts) == [
        ("requested", 10_300_000, "about"),
        ("total-budget", 18_700_000, "as-stated"),
    ]


def test_pending_applications_sum_to_36250000_kroner_approximately(graph: Graph) -> None:
    """T12, and a demand of the product: 8.75 and 17.2 million, and about 10.3 of E-Scale."""
    pending = """SELECT ?currency (SUM(?value) AS ?sum) (SUM(?fuzzy) > 0 AS ?approximate) WHERE {
        ?application eco:hasStatusRecord/eco:statusValue <scheme/application-status/pending> .
        ?amount eco:partOfAmount*/^eco:hasAmount ?application ; eco:amountValue ?value ;
                eco:amountType <scheme/amount-type/requested> ; eco:currency ?currency ;
                eco:valueQualifier/skos:notation ?qualifier .
        BIND (IF(?qualifier = "as-stated", 0, 1) AS ?fuzzy)
      } GROUP BY ?currency"""
    assert rows(graph, pending) == [("cur:DKK", 36_250_000, True)]


def test_the_pool_has_a_size_and_no_beneficiary_and_the_deliverable_points_to_it(
    graph: Graph,
) -> None:
    """T13: it is granted and not distributed."""
    pool = """SELECT ?kind ?value ?status WHERE {
        <id/pool/opi-els2> eco:hasAmount ?amount ;
                           eco:hasStatusRecord/eco:statusValue/skos:notation ?status .
        ?amount eco:amountType/skos:notation ?kind ; eco:amountValue ?value }"""
    assert rows(graph, pool) == [("pool-size", 15_800_000, "not-distributed")]
    paid = "SELECT ?who WHERE { <id/pool/opi-els2> eco:recipient|eco:allocatedToActor ?who }"
    assert rows(graph, paid) == []
    concerned = """SELECT ?item WHERE {
        ?item a eco:PlannedDeliverable ; eco:itemConcerns <id/pool/opi-els2> }"""
    assert rows(graph, concerned) == ["id/plan-item/nordjylland-2023.opi-pool"]


@pytest.mark.parametrize("scope", list(Scope))
def test_a_query_for_awards_never_reaches_a_pool(graph: Graph, scope: Scope) -> None:
    """T13, and a demand of the product, with what is inferred."""
    reached = """SELECT ?pool WHERE {
        ?pool a eco:FundingPool ; eco:hasAmount ?size .
        ?award a eco:Award .
        { ?award eco:hasAmount/^eco:partOfAmount* ?size }
        UNION { ?award eco:resultsFrom/eco:establishesPool ?pool }
        UNION { FILTER (?award = ?pool) } }"""
    assert rows(graph, reached, scope) == []
    awarded = """SELECT ?value WHERE {
        ?award a eco:Award ; eco:hasAmount/eco:amountValue ?value . FILTER (?value = 15800000) }"""
    assert rows(graph, awarded, scope) == []


def test_one_line_for_three_things_is_a_bundle_with_one_amount(graph: Graph) -> None:
    """T14: no split is invented."""
    bundle = """SELECT ?bundle (COUNT(?part) AS ?parts) ?value WHERE {
        ?bundle a eco:ApplicationBundle ; dcterms:hasPart ?part .
        ?award eco:resultsFrom ?bundle ; eco:hasAmount/eco:amountValue ?value
      } GROUP BY ?bundle ?value"""
    assert rows(graph, bundle) == [("id/application/datadeling-2023", 3, 3_000_000)]
    split = """SELECT ?part ?amount WHERE {
        ?bundle a eco:ApplicationBundle ; dcterms:hasPart ?part .
        ?part eco:hasAmount|^eco:resultsFrom/eco:hasAmount ?amount }"""
    assert rows(graph, split) == []


def test_money_for_nordjylland_is_grouped_by_the_year_of_its_application(graph: Graph) -> None:
    """T15: one total would hide the two years."""
    by_year = """SELECT ?year (SUM(?value) AS ?sum) WHERE {
        ?amount eco:allocatedToRegion <id/region/nordjylland> ; eco:amountValue ?value ;
                eco:partOfAmount*/^eco:hasAmount/eco:resultsFrom/eco:during/dcat:startDate ?year
      } GROUP BY ?year"""
    assert rows(graph, by_year) == [("2022", 19_500_000), ("2023", 7_600_000)]
    without_year = """SELECT ?amount WHERE { ?amount eco:currency cur:DKK .
        FILTER NOT EXISTS {
          ?amount eco:partOfAmount*/^eco:hasAmount/(eco:resultsFrom|^eco:establishesPool)? ?money .
          ?money eco:during/dcat:startDate ?year } }"""
    assert rows(graph, without_year) == []


def test_the_role_of_region_nordjylland_in_the_money_for_llib_stays_open(graph: Graph) -> None:
    """T16: it may give or receive the money."""
    roles = (
        """SELECT ?role WHERE { <id/award/llib-2022> ?role <id/organisation/region-nordjylland> }"""
    )
    assert rows(graph, roles) == ["eco:moneyParty"]
    assert bases(graph, "award/llib-2022", "eco:moneyParty") == [
        ("id/organisation/region-nordjylland", "undecided")
    ]


def test_85_million_euro_belong_to_northern_sweden_since_2014(graph: Graph) -> None:
    """T17: the side box that states it has no date."""
    figure = """SELECT ?subject ?kind ?start ?end ?unit ?note WHERE {
        ?figure sdmx-measure:obsValue 85000000.0 ; sdmx-attribute:unitMeasure ?unit ;
                eco:refSubject ?subject ; eco:refPeriod ?period ; skos:editorialNote ?text .
        ?subject eco:regionKind/skos:notation ?kind .
        ?period dcat:startDate ?start . OPTIONAL { ?period dcat:endDate ?end }
        BIND (CONTAINS(?text, "no date; it is read as of 2018 or later") AS ?note) }"""
    assert rows(graph, figure) == [
        ("id/region/norra-sverige", "macro-region", "2014", None, "scheme/unit/eur", True)
    ]
    observation = (
        "observation/reported-figures.norra-sverige.2014--"
        ".framework-programme-funding.vaesterbotten-2018.L23"
    )
    ((_, basis),) = bases(graph, observation, "skos:editorialNote")
    assert basis == "editor-inferred"


def test_the_rounded_budget_of_medtech4europe_gives_a_rate_with_bounds(graph: Graph) -> None:
    """T18: 82.35 per cent is an artefact of two numbers rounded to 0.1 million."""
    budget = """SELECT ?value ?step WHERE {
        ?amount eco:partOfAmount*/^eco:hasAmount <id/project/medtech4europe> ;
                eco:amountValue ?value ; eco:roundedTo ?step }"""
    assert rows(graph, budget) == [(1_400_000, 100_000), (1_700_000, 100_000)]
    query = Library(resources.ROOT / "queries").get("c11-co-financing-rate")
    assert ("MEDTECH4EUROPE", 82.35, 77.14, 87.88) in [
        (row[0], *(None if cell is None else float(cell) for cell in row[1:4]))
        for row in graph.ask(query).rows
    ]
    assert "rounded" in query.header["note"]


def test_every_figure_has_a_unit_and_a_kind_of_quantity(graph: Graph) -> None:
    """T19: 85 per cent and 85 million euro cannot be taken for each other."""
    bare = """SELECT ?figure WHERE { ?figure a qb:Observation .
        FILTER NOT EXISTS { ?figure eco:indicator ?kind ; sdmx-attribute:unitMeasure ?unit } }"""
    assert rows(graph, bare, Scope.ALL) == []
    with_85 = """SELECT DISTINCT ?kind ?unit WHERE {
        ?figure sdmx-measure:obsValue ?value ; sdmx-attribute:unitMeasure/skos:notation ?unit ;
                eco:indicator/skos:notation ?kind . FILTER (?value IN (85, 85000000)) }"""
    assert rows(graph, with_85) == [("framework-programme-funding", "eur")]
