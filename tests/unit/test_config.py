"""brands.yaml: what it may say, and that everything wrong with it is told at once."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import ConfigError
from detectors.mentions import MentionFinder
from detectors.model import Audience, Match, Post, StoryKind
from streams.config import load_watch, parse_watch, watch_for_labels

EXAMPLE = Path(__file__).parents[2] / "deploy" / "brands.yaml"
ACME = "{id: acme, name: Acme, match: {any: [acme]}}"


def problems(text: str, **environ: str) -> dict[str, str]:
    """Every problem of a file that is refused: message by path."""
    with pytest.raises(ConfigError) as refused:
        parse_watch(text, "brands.yaml", environ)
    return {problem.path: problem.message for problem in refused.value.problems}


def with_brand(fields: str) -> str:
    return f"brands: [{{id: acme, name: Acme, match: {{any: [acme]}}, {fields}}}]"


def test_the_example_loads_without_any_environment() -> None:
    watch = load_watch(EXAMPLE, {})
    assert [brand.id for brand in watch.brands] == ["acme", "globex", "bravo"]
    assert [audience.id for audience in watch.audiences] == ["press", "politics", "influencer"]
    assert [team.id for team in watch.teams] == ["customer-care", "head-of-pr"]


@pytest.mark.parametrize(
    "text, brands",
    [
        ("Acme lost my bag", ["acme"]),
        ("#BoycottAcmeNow", ["acme"]),
        ("Bravo, no network since noon", ["bravo"]),
        ("#BravoEnPanne", ["bravo"]),
        ("@bravo hello?", ["bravo"]),
        ("Bravo to the whole team of the network!", []),
        ("bravo!!", []),
    ],
)
def test_the_example_finds_what_its_comments_say(text: str, brands: list[str]) -> None:
    post = Post(id="1", source="twitter", text=text, created_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert [found.brand for found in MentionFinder(load_watch(EXAMPLE, {}).brands).find(post)] == brands


def test_a_brand_takes_from_the_defaults_what_it_leaves_open() -> None:
    watch = parse_watch(
        f"""
        defaults: {{timezone: Europe/Paris, languages: [fr], false_alarms_per_month: 2, allowed_lateness: 90s,
                    no_data_after: 1d}}
        brands:
          - {ACME}
          - {{id: b, name: B, match: {{any: [b], none: [c]}}, timezone: Asia/Tokyo, false_alarms_per_month: 0.5}}
        """,
        "brands.yaml",
        {},
    )
    acme, other = watch.brands
    assert (acme.timezone, acme.languages, acme.false_alarms_per_month) == ("Europe/Paris", ["fr"], 2.0)
    assert (other.timezone, other.languages, other.false_alarms_per_month) == ("Asia/Tokyo", ["fr"], 0.5)
    assert other.match == Match(any=["b"], none=["c"])
    assert (watch.allowed_lateness, watch.no_data_after) == (timedelta(seconds=90), timedelta(days=1))


def test_brands_are_called_what_they_are_called() -> None:
    # YAML makes a number, a truth value and a date of these; a brand's name is a text.
    watch = parse_watch("brands: [{id: 1664, name: 1664, match: {any: [1664, no, 3.10, 2015-02-22]}}]", "f", {})
    assert watch.brands[0].match.any == ["1664", "no", "3.10", "2015-02-22"]


def test_a_key_without_a_value_counts_as_not_given() -> None:
    assert parse_watch(f"defaults:\ntopics:\nbrands: [{ACME}]", "f", {}).topics == []


def test_secrets_come_from_the_environment_and_show_up_nowhere() -> None:
    text = f"""
        brands: [{ACME}]
        teams: [{{id: care, name: Care, notify: ["${{URL}}", "json://u:${{PASSWORD}}@host"], escalate_after: 15m}}]
        """
    team = parse_watch(text, "f", {"URL": "slack://token", "PASSWORD": "pa${URL}"}).teams[0]
    # What a variable holds is taken as it is, and not searched for variables again.
    assert team.notify == ["slack://token", "json://u:pa${URL}@host"]
    assert team.escalate_after == timedelta(minutes=15)

    with pytest.raises(ConfigError) as refused:
        parse_watch(text, "f", {"URL": "tok3n-without-scheme"})
    assert "PASSWORD" in str(refused.value)
    assert "tok3n" not in str(refused.value)


def test_all_problems_come_at_once_each_with_its_path_and_line() -> None:
    found = problems(
        """
brands:
  - {id: A b, name: "", match: {any: [], none: ["@"]}, timezone: Europe, competitors: [nobody], detectors: [magic]}
  - {id: x, name: X, match: oops, false_alarms_per_month: -1, languages: [xx], colour: red}
  - {id: x, match: {any: [" "]}, timezone: ../x, false_alarms_per_month: nan}
topics: [{id: t, words: {en: []}, team: nobody}]
audiences: [{id: a, followers_at_least: many}, {id: a, followers_at_least: 1}]
teams:
  - {id: pr, name: PR, notify: ["${UNSET}", no-url], escalate_after: 15, escalate_to: nobody}
  - {id: pr, name: PR, notify: "https://s3cret"}
defaults: {no_data_after: 0s}
"""
    )
    assert set(found) == {
        "brands[0].id",
        "brands[0].name",
        "brands[0].match.any",
        "brands[0].match.none[0]",
        "brands[0].timezone",
        "brands[0].competitors[0]",
        "brands[0].detectors[0]",
        "brands[1].match",
        "brands[1].false_alarms_per_month",
        "brands[1].languages[0]",
        "brands[1].colour",
        "brands[2].id",
        "brands[2].name",
        "brands[2].match.any[0]",
        "brands[2].timezone",
        "brands[2].false_alarms_per_month",
        "topics[0].words.en",
        "topics[0].team",
        "audiences[0].followers_at_least",
        "audiences[1].id",
        "teams[0].notify[0]",
        "teams[0].notify[1]",
        "teams[0].escalate_after",
        "teams[0].escalate_to",
        "teams[1].id",
        "teams[1].notify",
        "defaults.no_data_after",
    }
    assert found["brands[0].match.any"] == "empty; expected at least one entry (line 3)"
    assert found["brands[1].colour"].startswith("unknown field; expected one of: id, name, match")
    assert "surge" in found["brands[0].detectors[0]"]
    assert "s3cret" not in str(found)


@pytest.mark.parametrize("span", ["60", "1.5h", "-1m", "1 h", "2w", "\u0661s", "[1s]", "9999999s", "0m"])
def test_durations_are_whole_numbers_with_a_unit(span: str) -> None:
    assert list(problems(f"defaults: {{no_data_after: {span}}}\nbrands: [{ACME}]")) == ["defaults.no_data_after"]


def test_no_lateness_at_all_may_be_asked_for() -> None:
    watch = parse_watch(f"defaults: {{allowed_lateness: 0s}}\nbrands: [{ACME}]", "f", {})
    assert watch.allowed_lateness == timedelta(0)


def test_a_key_given_twice_would_hide_a_brand() -> None:
    assert "line 1 and on line 2" in problems(f"brands: [{ACME}]\nbrands: [{ACME}]")["brands"]
    assert list(problems(with_brand("name: Other"))) == ["brands[0].name"]


@pytest.mark.parametrize(
    "text, path",
    [
        ("brands:\n  - id: [", "line 3"),
        ("brands:\n\t- id: x", "line 2"),
        ("a: 1\n--- \nb: 1", "line 2"),
        ("? [a]\n: b", "line 1"),
        ("brands: *nothing", "line 1"),
        ("brands: &a [*a]", "line 1"),
        # Composed in C, this much nesting ends the process.
        ("[" * 100_000, "line 1"),
        ("a: \x00", "YAML"),
        ("a: \ud83d", "YAML"),
        ("", "brands"),
        ("brands:", "brands"),
        ("just a text", "file"),
        ("[]", "file"),
    ],
)
def test_what_is_no_configuration_is_refused_by_one_problem(text: str, path: str) -> None:
    assert list(problems(text)) == [path]


def test_anchors_work_and_do_not_blow_up() -> None:
    shared = "brands: [{id: a, name: A, match: &m {any: [acme]}}, {id: b, name: B, match: *m}]"
    assert parse_watch(shared, "f", {}).brands[1].match.any == ["acme"]
    laughs = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert "l29" in problems(f"l0: &l0 ha\n{laughs}brands: [{ACME}]")


@pytest.mark.parametrize(
    "content, said", [(None, "cannot be read"), (b"brands: \xff", "no UTF-8")], ids=["missing", "not UTF-8"]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "brands.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=said) as refused:
        load_watch(path, {})
    assert refused.value.problems[0].path == str(path)


def test_without_a_configuration_the_labels_name_the_brands() -> None:
    watch = watch_for_labels(["usairways", "united", "usairways"])
    assert [brand.id for brand in watch.brands] == ["usairways", "united"]
    assert watch.brands[0].match.any == ["@usairways", "#usairways", "usairways"]


YAML_TALK = st.lists(
    st.sampled_from(
        [*"[]{}:,-&*!|>?'\"#%@ \n", "brands", "id", "match", "any", "a", "\n  ", "- ", ": ", "~", "${A}", "1"]
    ),
    max_size=30,
).map("".join)


@given(st.text(st.characters()) | YAML_TALK | YAML_TALK.map(lambda talk: f"brands: [{ACME}]\nteams: {talk}"))
def test_no_text_ends_in_anything_but_a_watch_or_a_refusal(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse_watch(text, "f", {})


def test_detectors_have_variants_parameters_and_shadows() -> None:
    watch = parse_watch(
        """
        defaults:
          shadow_detectors: [ears-c1, "surge:fast"]
          parameters: {"surge:fast": {level_half_life_days: 2}, ears-c1: {baseline_hours: 72}}
        brands:
          - {id: a, name: A, match: {any: [a]}}
          - {id: b, name: B, match: {any: [b]}, shadow_detectors: []}
        """,
        "x",
        {},
    )
    one, other = watch.brands
    assert one.shadow_detectors == ["ears-c1", "surge:fast"]
    assert other.shadow_detectors == []
    assert one.parameters == other.parameters
    assert one.parameters["surge:fast"] == {"level_half_life_days": 2}
    # Whole numbers stay whole: a number of hours is no 72.0.
    assert isinstance(one.parameters["ears-c1"]["baseline_hours"], int)


@pytest.mark.parametrize(
    "parameters, problem",
    [
        ("{surge: {sped: 1}}", "no parameter 'sped'; expected one of:"),
        ("{surge: {spread: 7}}", "surge.spread: Expected `float` <= 1.0"),
        ("{sirge: {spread: 0.1}}", "no detector 'sirge'; expected one of:"),
        ("{ears-c1: {baseline_hours: 7.5}}", "ears-c1.baseline_hours: Expected `int`"),
    ],
)
def test_wrong_parameters_are_refused(parameters: str, problem: str) -> None:
    text = f"defaults: {{parameters: {parameters}}}\nbrands: [{{id: a, name: A, match: {{any: [a]}}}}]"
    with pytest.raises(ConfigError) as error:
        parse_watch(text, "x", {})
    (found,) = error.value.problems
    assert found.path == "defaults.parameters"
    assert problem in found.message


def test_a_name_that_means_other_things_has_a_context() -> None:
    text = 'brands: [{id: o, name: Orange, match: {any: [orange], near: [réseau, "@orange"], not_near: [jus]}}]'
    assert parse_watch(text, "f", {}).brands[0].match == Match(
        any=["orange"], near=["réseau", "@orange"], not_near=["jus"]
    )


def test_what_is_harmless_and_what_makes_a_story_is_the_brands_own_or_the_defaults() -> None:
    watch = parse_watch(
        """
        defaults: {harmless: [killer deal], stories: {rally: 0.4, copy-paste: 1}}
        brands:
          - {id: a, name: A, match: {any: [a]}}
          - {id: b, name: B, match: {any: [b]}, harmless: [poison], stories: {rival: 0.5}}
          - {id: c, name: C, match: {any: [c]}, harmless: [], stories: {}}
        """,
        "f",
        {},
    )
    assert [brand.harmless for brand in watch.brands] == [["killer deal"], ["poison"], []]
    assert [brand.stories for brand in watch.brands] == [{"rally": 0.4, "copy-paste": 1.0}, {"rival": 0.5}, {}]


def test_each_kind_of_story_has_a_threshold() -> None:
    stories = ", ".join(f"{kind}: 0.5" for kind in StoryKind)
    assert len(parse_watch(with_brand(f"stories: {{{stories}}}"), "f", {}).brands[0].stories) == len(StoryKind)


@pytest.mark.parametrize(
    "fields, path, said",
    [
        (
            "stories: {ralley: 0.4}",
            "brands[0].stories.ralley",
            "'ralley' is no kind of story; expected one of: hijacked-",
        ),
        ("stories: {rally: 0}", "brands[0].stories.rally", "too small; expected a number above 0"),
        ("stories: {rally: 40}", "brands[0].stories.rally", "too large; expected a number of at most 1"),
        ("stories: {rally: nan}", "brands[0].stories.rally", "no finite number"),
        ("stories: {rally: 40%}", "brands[0].stories.rally", "no number"),
        ("stories: [rally]", "brands[0].stories", "no mapping"),
        ("harmless: poison", "brands[0].harmless", "no list"),
        ('harmless: [killer, " "]', "brands[0].harmless[1]", "blank"),
    ],
)
def test_wrong_stories_and_harmless_words_are_refused(fields: str, path: str, said: str) -> None:
    assert problems(with_brand(fields))[path].startswith(said)
    assert problems(f"defaults: {{{fields}}}\nbrands: [{ACME}]")[path.replace("brands[0]", "defaults")].startswith(said)


def test_groups_of_authors_are_told_by_name_by_role_or_by_reach() -> None:
    watch = parse_watch(
        f"""
        brands: [{ACME}]
        audiences:
          - {{id: big, followers_at_least: 0}}
          - {{id: press, accounts: {{twitter: ["@dailypost"]}}}}
          - {{id: politics, roles: [mayor, "member of parliament"]}}
        """,
        "f",
        {},
    )
    assert watch.audiences == [
        Audience(id="big", followers_at_least=0),
        Audience(id="press", accounts={"twitter": ["@dailypost"]}),
        Audience(id="politics", roles=["mayor", "member of parliament"]),
    ]


def test_a_group_that_nobody_belongs_to_is_refused_with_all_the_rest() -> None:
    found = problems(
        f"""
brands: [{ACME}]
audiences:
  - {{id: nobody}}
  - {{id: empty, accounts: {{}}, roles: [], followers_at_least: }}
  - {{id: Bad Id}}
  - {{id: blank, accounts: {{twitter: []}}, roles: ["@"]}}
  - {{id: flat, accounts: ["@a"], roles: mayor}}
  - oops
"""
    )
    nobody = "nobody belongs to it; expected at least one of: followers_at_least, accounts, roles"
    assert {path: message for path, message in found.items() if message.startswith("nobody")} == {
        f"audiences[{place}]": f"{nobody} (line {place + 4})" for place in range(3)
    }
    assert found.keys() - {f"audiences[{place}]" for place in range(3)} == {
        "audiences[2].id",
        "audiences[3].accounts.twitter",
        "audiences[3].roles[0]",
        "audiences[4].accounts",
        "audiences[4].roles",
        "audiences[5]",
    }


def test_the_context_of_a_name_is_checked_too() -> None:
    assert set(problems("brands: [{id: a, name: A, match: {any: [a], near: x, not_near: ['#']}}]")) == {
        "brands[0].match.near",
        "brands[0].match.not_near[0]",
    }
