"""A backtest as tables and as a page: what is said, for whom, and that nobody's text can do more than be read."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from detectors.backtest import BacktestResult, Crisis, Labels, Replay, ScoreBook, Span, Timelines, compare, evaluate
from detectors.intake import RawRecord
from detectors.model import Brand, Match, Watch
from streams.cli.page import backtest_page
from streams.cli.report import detectors_table, print_backtest
from support.scenario import NoModel

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
ONSET = START + timedelta(hours=120)
EVIL = '</script><script>alert("1")</script><img src=x onerror=alert(2)>&lt;\u2028--ink'
CRISIS = Crisis(
    id="bags", brand="acme", onset=ONSET, peak=ONSET + timedelta(hours=1), end=ONSET + timedelta(hours=3), kind="lost"
)


@pytest.fixture(autouse=True)
def _small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without the five megabytes of Plotly's script, but for the test that looks at it."""
    if "whole" not in request.node.name:
        monkeypatch.setattr("streams.cli.page_frame._plotly", lambda: "/* Plotly */")


class Seen(HTMLParser):
    """What a browser makes of a page: its elements with their attributes, its texts, its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("bdi", "strong"):
            self.texts.append(" ")
        if tag not in ("meta", "br", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> ends nothing"

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside != "style":
            (self.scripts if inside == "script" else self.texts).append(data)

    def close(self) -> None:
        super().close()
        assert self._open == []

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def named(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.elements if name == tag)

    @property
    def figures(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.scripts[1])
        return found


def records(text: str) -> Iterator[RawRecord]:
    """Five days of a post an hour, then three a minute for an hour, then an hour of nearly nothing."""
    times = [START + timedelta(hours=hour) for hour in range(120)]
    times += [ONSET + timedelta(seconds=20 * number) for number in range(180)]
    times += [ONSET + timedelta(hours=2, minutes=minute) for minute in (0, 30)]
    for number, at in enumerate(times):
        post = {"id": str(number), "source": "x", "text": text, "created_at": at.isoformat(), "sentiment": "negative"}
        yield RawRecord(number, json.dumps(post).encode(), 2**45)


def told(
    labels: Labels | None, *, brand: str = "acme", text: str = "acme lost my bag", shadows: list[str] | None = None
) -> tuple[BacktestResult, str]:
    """The result of the story, and its page."""
    match = Match(any=["acme"])
    watched = Brand(id=brand, name=brand, match=match, shadow_detectors=shadows or [], false_alarms_per_month=0.5)
    watch = Watch(brands=[watched, Brand(id="silent", name="silent", match=Match(any=["nobody"]))])
    replay = Replay(watch, NoModel())
    timelines = Timelines({name.id: "surge" for name in watch.brands})
    timelines.take(replay.feed(list(records(text))))
    result = evaluate(replay, labels, posts_per_s=1)
    return result, backtest_page(result, replay, timelines, labels, title="posts.jsonl")


# ------------------------------------------------------------------------------------------- page


def test_the_first_sentence_says_it_all() -> None:
    page = Seen(told(Labels(crises=[CRISIS]))[1])
    assert re.search(
        r"badbuzz found 1 of 1 crisis \d+ min after the onset and \d+ min before the peak, and cried 0 false alarms: "
        r"0 per brand and month, where 0.75 is allowed. That rate is a rough one",
        page.text,
    )
    assert "302 posts over 5.1 days." in page.text


def test_a_missed_crisis_and_a_false_alarm_are_said_as_plainly() -> None:
    early = msgspec.structs.replace(
        CRISIS, onset=START, peak=START + timedelta(hours=1), end=START + timedelta(hours=2)
    )
    page = Seen(told(Labels(crises=[early]))[1])
    assert "badbuzz found 0 of 1 crisis, and cried 1 false alarm: " in page.text
    assert "MISSED" in page.text and "a false alarm" in page.text


def test_without_labels_nothing_is_judged() -> None:
    page = Seen(told(None)[1])
    assert "1 alert over 2 brands and 5.1 days. Without labels nobody can say which of them were right." in page.text
    assert "crisis" not in page.text.partition("What happened")[0]
    assert [trace["name"] for trace in page.figures[0]["data"]][-1] == "alert"


def test_a_whole_page_fetches_nothing() -> None:
    html = told(Labels(crises=[CRISIS]))[1]
    page = Seen(html)
    for _, attributes in page.elements:
        assert not {"src", "href", "srcset", "data", "action", "poster"} & attributes.keys()
    assert "@import" not in html.partition("</style>")[0] and "url(" not in html.partition("</style>")[0]
    (policy,) = [meta["content"] for meta in page.named("meta") if "http-equiv" in meta]
    assert policy is not None and policy.startswith("default-src 'none'") and "http:" not in policy
    assert len(page.scripts) == 3 and len(page.scripts[0]) > 1_000_000


@pytest.mark.parametrize("labelled", [True, False])
def test_no_text_of_a_stranger_is_more_than_text(labelled: bool) -> None:
    labels = Labels(
        crises=[msgspec.structs.replace(CRISIS, id=EVIL, brand=EVIL, kind=EVIL)],
        traps=[Span(id=EVIL, brand=EVIL, start=START, until=START + timedelta(hours=5), why=EVIL)],
        ignore=[Span(id=EVIL, brand=EVIL, start=START, until=START + timedelta(hours=5), why=EVIL)],
    )
    html = told(labels if labelled else None, brand=EVIL, text=f"acme {EVIL}", shadows=["ears-c2"])[1]
    page = Seen(html)  # an element that the text opened or closed would show here
    assert len(page.scripts) == 3
    assert not list(page.named("img"))
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "alert(" not in "".join(page.scripts[1:])
    assert EVIL.split("\u2028")[0] in "".join(page.texts)
    # What surrounds it keeps its direction, whatever it says of that.
    assert html.count("<bdi>") == html.count("</bdi>") > 3


def test_a_file_name_is_a_strangers_text_too() -> None:
    replay = Replay(Watch(brands=[]), NoModel())
    result = evaluate(replay, None, posts_per_s=1)
    page = Seen(backtest_page(result, replay, Timelines({}), None, title=f"{EVIL}.jsonl"))
    assert page.scripts == [], "no chart, nothing to run"


def test_people_who_do_not_see_the_charts_get_the_same() -> None:
    page = Seen(told(Labels(crises=[CRISIS]))[1])
    (chart,) = [attributes for attributes in page.named("div") if attributes.get("class") == "chart"]
    assert chart["role"] == "img"
    assert "Chart of negative mentions of acme: 301 negative mentions, 1 alert." in (chart["aria-label"] or "")
    assert "crisis 1 began 09:00" in page.text and "in crisis 1" in page.text
    assert {attributes.get("scope") for attributes in page.named("th")} == {"col", "row"}
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1 and headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(headings))
    assert next(page.named("html"))["lang"] == "en"
    for table in ("table", "caption"):
        assert len(list(page.named(table))) >= 4


def test_colours_are_not_the_only_sign() -> None:
    trap = Span(id="t", brand="acme", start=START, until=START + timedelta(hours=5))
    ignored = Span(id="i", brand="acme", start=START + timedelta(hours=6), until=START + timedelta(hours=9))
    (figure,) = Seen(told(Labels(crises=[CRISIS], traps=[trap], ignore=[ignored]))[1]).figures
    bands = [shape for shape in figure["layout"]["shapes"] if shape["type"] == "rect"]
    assert [band["line"].get("dash") for band in bands] == ["solid", "dash", "dot", None]
    notes = [note["text"] for note in figure["layout"]["annotations"]]
    assert notes == ["Crisis 1", "Trap 1", "Ignored 1", "Learning"]
    (mark,) = [trace["marker"]["symbol"] for trace in figure["data"] if trace["mode"] == "markers"]
    assert mark == "triangle-up"
    (delay,) = [shape for shape in figure["layout"]["shapes"] if shape["type"] == "line"]
    assert delay["x0"] == "2026-03-06 09:00:00" < delay["x1"]


def test_every_verdict_has_a_mark_of_its_own() -> None:
    later = msgspec.structs.replace(CRISIS, id="later", onset=ONSET + timedelta(days=9), peak=ONSET + timedelta(days=9))
    later = msgspec.structs.replace(later, end=later.peak)
    around = Span(id="i", brand="acme", start=ONSET, until=ONSET + timedelta(hours=1))
    symbols = []
    for labels in (Labels(crises=[CRISIS]), Labels(crises=[later]), Labels(ignore=[around]), None):
        (figure,) = Seen(told(labels)[1]).figures
        symbols += [trace["marker"]["symbol"] for trace in figure["data"] if trace["mode"] == "markers"]
    assert symbols == ["triangle-up", "x", "circle-open", "diamond"]


def test_plotly_knows_every_word_of_the_figures() -> None:
    graph_objects = importlib.import_module("plotly.graph_objects")
    for figure in Seen(told(Labels(crises=[CRISIS]))[1]).figures:
        del figure["id"]
        # The colours are names in the style sheet; the page's script puts the colours there.
        text = re.sub(r'"--[a-z]+"', '"#123456"', json.dumps(figure))
        graph_objects.Figure(json.loads(text))
    style = told(None)[1].partition("</style>")[0]
    for name in set(re.findall(r'"(--[a-z]+)"', json.dumps(figure))):
        assert style.count(f"{name}: ") == 2, f"{name} by day and by night"


def test_the_ordinary_range_is_drawn_where_it_is_known() -> None:
    (figure,) = Seen(told(Labels(crises=[CRISIS]))[1]).figures
    (ring,) = [trace for trace in figure["data"] if trace["name"] == "ordinary range"]
    assert ring["fill"] == "toself" and len(ring["x"]) == len(ring["y"]) > 48


# ----------------------------------------------------------------------------------------- tables


def test_the_tables_say_budget_and_rate(capsys: pytest.CaptureFixture[str]) -> None:
    print_backtest(told(Labels(crises=[CRISIS]))[0])
    said = capsys.readouterr().out
    assert "budget a month" in said and "false alarms" in said
    assert re.search(r"acme +302 +302 +1 +0 +0 +0\.5", said)
    assert "shadow" not in said
    print_backtest(told(None)[0])
    assert re.search(r"acme +302 +302 +1 +0\.5", capsys.readouterr().out)


def test_shadow_detectors_stand_beside_the_live_ones(capsys: pytest.CaptureFixture[str]) -> None:
    result, html = told(Labels(crises=[CRISIS]), shadows=["ears-c2"])
    table = detectors_table(result)
    assert table is not None
    assert [row[:3] for row in table.rows] == [
        ["surge (live)", "acme", "1 of 1"],
        ["surge (live)", "silent", "0 of 0"],
        ["ears-c2 (shadow)", "acme", "1 of 1"],
    ]
    assert [row[-2] for row in table.rows] == ["0.5", "1", "0.5"]
    print_backtest(result)
    assert "ears-c2 (shadow)" in capsys.readouterr().out
    assert "Live and shadow detectors" in Seen(html).text
    unlabelled = detectors_table(told(None, shadows=["ears-c2"])[0])
    assert unlabelled is not None and unlabelled.columns == [
        "detector",
        "brand",
        ">alerts",
        ">budget a month",
        ">us a minute",
    ]


@pytest.mark.parametrize("labels", [Labels(crises=[CRISIS]), None])
def test_compared_detectors_are_told_with_their_thresholds(labels: Labels | None) -> None:
    watch = Watch(
        brands=[Brand(id="acme", name="acme", match=Match(any=["acme"]), shadow_detectors=["ears-c2", "meltwater"])]
    )
    replay, book = Replay(watch, NoModel()), ScoreBook()
    replay.partition.tally.on_shadow_scores = book.hear
    book.take(replay.feed(list(records("acme"))))
    names = ["surge", "ears-c2", "meltwater"]
    comparison = compare(book, names, watch, labels, since=None, days=replay.days)
    result = msgspec.structs.replace(evaluate(replay, labels, posts_per_s=1), comparison=comparison)
    table = detectors_table(result)
    assert table is not None
    assert [row[0] for row in table.rows] == names
    assert all(len(row) == len(table.columns) for row in table.rows)
    if labels is None:
        assert ">found" not in table.columns and "every alert counts as a false alarm" in table.note
        assert table.note.startswith("At an equal number of alerts: 1, which is what surge has")
    else:
        assert table.rows[0][1] == "1 of 1"
        assert table.note.startswith("At an equal number of false alarms: 0, which is what surge has")
