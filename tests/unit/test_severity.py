"""How bad an incident is, and what to do about it: points that add up, a severity that rises by itself, steps by
kind."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from detectors.alerting.playbook import GENERAL, LANGUAGES, PAGES, SERIOUS, shipped_playbook
from detectors.alerting.severity import KIND_POINTS, LEVELS, level, severity_parts
from detectors.errors import InputError, Unavailable
from detectors.model import Explanation, Growth, Severity, SeverityPart, Story, StoryKind, from_ms
from streams.playbooks import load_playbook
from support.scenario import Scenario


def why(*kinds: StoryKind, reach: int = 0, doubling: float | None = None) -> Explanation:
    stories = [Story(kind=kind, share=0.9, threshold=0.3, posts=9, of=10) for kind in kinds]
    growth = Growth(too_early=doubling is None, doubling_minutes=doubling)
    return Explanation(
        since=from_ms(0), until=from_ms(0), observed=90, expected=9.0, first_post=None, top_posts=[], reach=reach,
        stories=stories, growth=growth,
    )  # fmt: skip


def points(given: Explanation, *, peak: float = 3.0) -> dict[str, int]:
    return {part.name: part.points for part in severity_parts(given, peak_surprise=peak, threshold=3.0)}


def test_each_part_has_its_points() -> None:
    assert points(why()) == {"surprise": 0, "growth": 0, "reach": 0, "kind": 0}
    assert points(why(), peak=7.0)["surprise"] == 2 and points(why(), peak=99.0)["surprise"] == 3
    assert [points(why(doubling=minutes))["growth"] for minutes in (10, 15, 59, 240, 241)] == [3, 3, 2, 1, 0]
    assert [points(why(reach=reach))["reach"] for reach in (9_999, 10_000, 100_000, 2_000_000)] == [0, 1, 2, 3]
    # Few accounts in step are worth less, whatever they speak of.
    assert points(why(StoryKind.CONDUCT, StoryKind.BRIGADE, StoryKind.OPERATIONS))["kind"] == 1
    assert set(KIND_POINTS) == set(StoryKind)


@pytest.mark.parametrize("severity, least", LEVELS.items())
def test_points_add_up_to_a_level(severity: Severity, least: int) -> None:
    assert level([SeverityPart(name="surprise", points=least)]) is severity
    assert level([SeverityPart(name="surprise", points=least + 1), SeverityPart(name="kind", points=-1)]) is severity


def test_a_wave_that_grows_gets_worse_and_what_it_was_stays_told_when_it_fades() -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("09:00").posts(30, text="acme: your app is down", over="20m", followers=50)
    # Then somebody whom everybody reads says it too.
    s.at("09:25").posts(200, text="acme: your app is down again", over="20m", ramp=True, followers=20_000)
    told = s.expect_incident("acme", state="resolved")
    order = [list(Severity).index(incident.severity) for incident in told]
    assert order == sorted(order) and order[-1] > order[0]
    for incident in told:
        assert level(incident.severity_parts) is incident.severity


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_there_in_both_languages_with_the_same_steps(lang: str, name: str) -> None:
    playbook = shipped_playbook()
    kinds = [StoryKind(name)] if name not in (GENERAL, SERIOUS) else []
    severity = Severity.HIGH if name == SERIOUS else Severity.LOW
    own = [step for step in playbook.steps(kinds, severity, lang) if step.id.startswith(f"{name}-")]
    other = [step for step in playbook.steps(kinds, severity, "en") if step.id.startswith(f"{name}-")]
    assert len(own) >= 2 and [step.id for step in own] == [step.id for step in other]
    assert all(step.text.endswith(".") for step in own)


def test_what_shaped_it_is_in_it() -> None:
    def said(*kinds: StoryKind) -> str:
        return " ".join(step.text for step in shipped_playbook().steps(kinds, Severity.LOW, "en"))

    general = said()
    for part in (
        "one person who speaks",
        "in private",
        "power to solve",
        "Do not delete",
        "time that the brand has promised",
    ):
        assert part in general
    assert "Report the account" in said(StoryKind.IMPOSTOR) and "which accounts are official" in said(
        StoryKind.IMPOSTOR
    )
    assert "this person first" in said(StoryKind.RALLY)
    assert "Stop the campaign" in said(StoryKind.HIJACKED_HASHTAG)
    assert "status page" in said(StoryKind.OPERATIONS)


def test_a_company_has_pages_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "rally.md").write_text("# À nous\n\n- [ ] Appelez Zoé.\n- Puis écrivez.\n")
    playbook = load_playbook(tmp_path)
    assert [step.text for step in playbook.steps([StoryKind.RALLY], Severity.LOW, "fr")][:2] == [
        "Appelez Zoé.",
        "Puis écrivez.",
    ]
    assert playbook.steps([StoryKind.RALLY], Severity.LOW, "en")[0].text.startswith("Talk with this person first")


def test_what_is_no_page_is_refused_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no such directory"):
        load_playbook(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no pages"):
        load_playbook(tmp_path)
    for name, content in {
        "en/gossip.md": b"- x\n",
        "de/rally.md": b"- x\n",
        "en/rally.md": b"text\n",
        "fr/rally.md": b"\xff",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        load_playbook(tmp_path)
    message = str(refused.value)
    assert "4 problems" in message and "gossip.md: no page" in message and "de/rally.md: no page" in message
    assert "en/rally.md: no step" in message and "fr/rally.md: byte 1 is no UTF-8" in message


def test_an_incident_of_before_there_were_severities_is_low() -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("09:00").posts(60, over="10m")
    told = s.expect_incident("acme")[-1]
    raw = msgspec.json.decode(msgspec.json.encode(told))
    del raw["severity"], raw["severity_parts"]
    assert msgspec.convert(raw, type(told)).severity is Severity.LOW
