"""The console's read model: the same content however it was read, found again, and bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.errors import InputError
from detectors.model import (
    Answer,
    BucketStatus,
    Delivery,
    DeliveryResult,
    EndSilence,
    IncidentState,
    Opinion,
    Outcome,
    Response,
    Severity,
    StartSilence,
    Verdict,
    to_ms,
)
from streams.console.readmodel import Store, Taken, Writer, incidents, journal
from streams.console.readmodel.counts import DAY, FIVE_MINUTES, HOUR, KEEP_S, series, times, totals
from streams.console.readmodel.incidents import Filter
from support.made_up import NINE, incident, minute


def records(topic: str, values: Sequence[msgspec.Struct], *, first: int = 0) -> list[Taken]:
    return [
        Taken(topic, 0, first + place, to_ms(NINE) + place, msgspec.json.encode(value))
        for place, value in enumerate(values)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "model.db", "here")
    yield found
    found.close()


def write(store: Store, some: Sequence[Taken]) -> None:
    Writer(store).apply(some, {(one.topic, one.partition): one.offset + 1 for one in some})


def content(store: Store) -> dict[str, list[Any]]:
    """Every row, without the numbers that say in which order things came."""
    db = store.reader()
    names = (
        "incidents",
        "incident_texts",
        "counts",
        "brands",
        "responses",
        "deliveries",
        "answers",
        "silences",
        "offsets",
    )
    found = {name: [tuple(row) for row in db.execute(f"SELECT * FROM {name}")] for name in names}
    found["incidents"] = [row[1:2] + row[3:] for row in found["incidents"]]
    db.close()
    return {name: sorted(map(repr, rows)) for name, rows in found.items()}


def story() -> list[Taken]:
    buckets = [
        minute(
            number,
            brand=brand,
            negative_by_topic={"refund": 1},
            negative_by_hashtag={f"#tag{number % 7}": 1},
            complaints={"refund": 1},
            responses=[Response("refund", 60 + number)] if number % 5 == 0 else [],
        )
        for number in range(150)
        for brand in ("acme", "globex")
    ]
    versions = [incident(f"i{number % 6}", version=1 + number // 6) for number in range(24)]
    silence = StartSilence(id="s1", brand="acme", by="anna", until=NINE + timedelta(hours=9), comment="we know")
    told = Delivery(incident="i1", brand="acme", version=1, result=DeliveryResult.DELIVERED, at=NINE, channel="pr/1")
    answer = Answer(command="s1", brand="acme", incident=None, outcome=Outcome.DONE, at=NINE)
    return [
        *records("incidents", versions),
        *records("journal", [told, answer]),
        *records("commands", [silence]),
        *records("brand-signals", buckets),
    ]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.sets(st.integers(0, 11)))
@settings(max_examples=25, deadline=None)
def test_however_the_records_are_cut_and_wherever_it_stops_the_content_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], stops: set[int]
) -> None:
    whole = story()
    at_once = Store(tmp_path_factory.mktemp("a") / "model.db", "here")
    write(at_once, whole)
    cut = Store(tmp_path_factory.mktemp("b") / "model.db", "here")
    writer, rest, turn = Writer(cut), whole, 0
    while rest:
        size = cuts[turn % len(cuts)]
        some, rest = rest[:size], rest[size:]
        writer.apply(some, {(one.topic, one.partition): one.offset + 1 for one in some})
        if turn % 12 in stops:  # the process ends, and another goes on
            writer = Writer(cut)
        turn += 1
    assert content(cut) == content(at_once)
    at_once.close()
    cut.close()


def test_a_minute_that_comes_again_after_a_crash_is_counted_once(store: Store) -> None:
    write(store, records("brand-signals", [minute(number) for number in range(10)]))
    write(store, records("brand-signals", [minute(number) for number in range(4, 12)], first=10))
    (hour,) = series(store.reader(), ["acme"], HOUR, to_ms(NINE) // 1000, to_ms(NINE) // 1000 + HOUR)
    assert (hour.negative, hour.neutral, hour.minutes, hour.expected) == (12, 24, 12, 6.0)


def test_minutes_add_up_to_five_minutes_hours_and_days(store: Store) -> None:
    write(store, records("brand-signals", [minute(number, negative_by_channel={"forum": 1}) for number in range(90)]))
    db, start = store.reader(), to_ms(NINE) // 1000
    assert [one.negative for one in series(db, ["acme"], FIVE_MINUTES, start, start + DAY)] == [5] * 18
    assert [one.negative for one in series(db, ["acme"], HOUR, start, start + DAY)] == [60, 30]
    found = totals(db, ["acme", "globex"], DAY, start - start % DAY, start + DAY)
    assert (found["acme"].negative, found["acme"].parts["channel"], found["globex"].mentions) == (90, {"forum": 90}, 0)


def test_a_span_without_data_counts_nothing_and_is_no_zero(store: Store) -> None:
    write(store, records("brand-signals", [minute(0), minute(1, status=BucketStatus.NO_DATA, negative=0, neutral=0)]))
    (hour,) = series(store.reader(), ["acme"], HOUR, to_ms(NINE) // 1000, to_ms(NINE) // 1000 + HOUR)
    assert hour.minutes == 1


def test_many_names_of_a_dimension_are_cut_but_nothing_is_lost_of_the_sum(store: Store) -> None:
    tags = [minute(number, negative_by_topic={f"t{number}": 1}) for number in range(59)]
    write(store, records("brand-signals", tags))
    (hour,) = series(store.reader(), ["acme"], HOUR, to_ms(NINE) // 1000, to_ms(NINE) // 1000 + HOUR)
    topics = hour.parts["topic"]
    assert len(topics) == 41 and topics["other"] == 19 and sum(topics.values()) == 59


def test_how_long_answers_took_by_topic(store: Store) -> None:
    answered = [
        minute(0, responses=[Response("refund", 90), Response("none", 30)]),
        minute(1, responses=[Response("refund", 20)]),
    ]
    write(store, records("brand-signals", answered))
    assert times(store.reader(), 0) == {"refund": [20, 90], "none": [30]}
    assert times(store.reader(), 0, ["globex"]) == {}


def test_what_is_older_than_it_is_kept_goes(store: Store) -> None:
    writer = Writer(store)
    days = KEEP_S[HOUR] // DAY + 2
    for day in range(days):
        writer.apply(records("brand-signals", [minute(day * 1440, responses=[Response("refund", 5)])], first=day), {})
    Writer(store).apply(records("brand-signals", [minute(days * 1440)], first=days), {})  # one that starts trims first
    db = store.reader()
    last = db.execute("SELECT max(start) FROM counts WHERE seconds = 3600").fetchone()[0]
    oldest = dict(db.execute("SELECT seconds, min(start) FROM counts GROUP BY seconds").fetchall())
    assert all(last - oldest[seconds] <= keep for seconds, keep in KEEP_S.items())
    assert db.execute("SELECT min(at) FROM responses").fetchone()[0] >= last - KEEP_S[HOUR]


def test_the_newest_version_of_an_incident_counts_whatever_comes_late(store: Store) -> None:
    write(store, records("incidents", [incident("a", version=3), incident("a", version=2, text="older")]))
    db = store.reader()
    found = incidents.find(db, "a")
    assert found is not None and found.version == 3
    assert incidents.search(db, Filter(text="older")).total == 0
    assert incidents.find(db, "gone") is None


def test_incidents_are_found_by_words_without_accents_by_brand_kind_time_and_outcome(store: Store) -> None:
    false = Opinion(by="anna", at=NINE, verdict=Verdict.FALSE)
    write(
        store,
        records(
            "incidents",
            [
                incident("a", text="Ma valise est abîmée", severity=Severity.HIGH),
                incident(
                    "b", brand="globex", opened=NINE + timedelta(days=1), state=IncidentState.RESOLVED, opinions=[false]
                ),
                incident("c", opened=NINE + timedelta(days=2), owner="ben"),
            ],
        ),
    )
    db = store.reader()

    def names(**wanted: Any) -> list[str]:
        return [one.id for one in incidents.search(db, Filter(**wanted)).incidents]

    assert names() == ["c", "b", "a"]
    assert names(text="valise abim") == ["a"]
    assert names(text='"; DROP TABLE incidents --') == []
    assert names(text="***") == []
    assert names(brand="globex") == ["b"] and names(owner="ben") == ["c"]
    assert names(verdict="false") == ["b"] and names(verdict="") == ["c", "a"]
    assert names(is_open=True) == ["c", "a"] and names(state=IncidentState.RESOLVED) == ["b"]
    assert names(severity_at_least=Severity.MEDIUM) == ["a"]
    assert names(since=NINE + timedelta(hours=1), until=NINE + timedelta(days=2)) == ["b"]
    summaries = incidents.open_summaries(db)
    assert [one.id for one in summaries] == ["a", "c"], "the worst first"
    assert [one.id for one in incidents.open_incidents(db)] == ["a", "c"]


def test_pages_follow_each_other_without_a_gap(store: Store) -> None:
    write(store, records("incidents", [incident(f"i{number:03}", opened=NINE) for number in range(25)]))
    db, found, after = store.reader(), [], None
    while True:
        page = incidents.search_summaries(db, Filter(), limit=10, after=after)
        found += [one.id for one in page.incidents]
        if (after := page.after) is None:
            break
    assert found == [f"i{number:03}" for number in range(24, -1, -1)] and page.total == 25
    with pytest.raises(InputError, match="after"):
        incidents.search(db, Filter(), after="nonsense")


def test_of_those_that_are_over_the_oldest_go_with_their_texts(store: Store) -> None:
    over = [
        incident(f"i{number}", opened=NINE + timedelta(hours=number), state=IncidentState.RESOLVED)
        for number in range(5)
    ]
    write(store, records("incidents", [*over, incident("open", opened=NINE - timedelta(days=9))]))
    with store.writer as db:
        incidents.trim(db, keep=2)
    db = store.reader()
    assert [one.id for one in incidents.search(db, Filter()).incidents] == ["i4", "i3", "open"]
    assert db.execute("SELECT count(*) FROM incident_texts").fetchone()[0] == 3


def test_who_follows_changes_gets_each_incident_once_in_its_newest_version(store: Store) -> None:
    write(store, records("incidents", [incident("a"), incident("b"), incident("a", version=2)]))
    found = incidents.changed_since(store.reader(), 0, 10)
    assert [(seq, msgspec.json.decode(raw)["id"]) for seq, raw in found] == [(2, "b"), (3, "a")]
    assert incidents.changed_since(store.reader(), 3, 10) == []


def test_silences_are_on_until_they_end_and_refused_ones_never_were(store: Store) -> None:
    until = NINE + timedelta(hours=2)
    begun = [
        StartSilence(id=name, brand="acme", by="anna", until=until, comment="we know") for name in ("s1", "s2", "s3")
    ]
    refused = Answer(command="s3", brand="acme", incident=None, outcome=Outcome.IMPOSSIBLE, at=NINE)
    done = Answer(command="s1", brand="acme", incident=None, outcome=Outcome.DONE, at=NINE)
    write(store, [*records("commands", begun), *records("journal", [done, refused])])
    db = store.reader()
    assert [(one.silence.id, one.done) for one in journal.silences(db, to_ms(NINE))] == [("s1", True), ("s2", None)]
    write(store, records("commands", [EndSilence(id="e1", brand="acme", by="ben", silence="s1")], first=3))
    assert [one.silence.id for one in journal.silences(db, to_ms(NINE))] == ["s2"]
    assert journal.silences(db, to_ms(until)) == []


def test_what_cannot_be_read_is_left_out(store: Store) -> None:
    bad = [
        Taken(topic, 0, 0, 0, value)
        for topic in ("incidents", "journal", "commands", "brand-signals")
        for value in (b"{", None)
    ]
    write(store, [*bad, *records("incidents", [incident("a")], first=1)])
    assert incidents.search(store.reader(), Filter()).total == 1


def test_a_file_of_other_topics_or_of_another_version_is_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "model.db"
    first = Store(path, "here")
    write(first, records("incidents", [incident("a")]))
    first.close()
    again = Store(path, "here")
    assert incidents.search(again.reader(), Filter()).total == 1
    again.close()
    elsewhere = Store(path, "there")
    assert incidents.search(elsewhere.reader(), Filter()).total == 0
    elsewhere.writer.execute("UPDATE meta SET value = '0' WHERE name = 'schema'")
    elsewhere.writer.commit()
    elsewhere.close()
    path.write_bytes(b"no database")
    newer = Store(path, "there")
    assert Writer(newer).offsets() == {}
    newer.close()


def test_thrown_away_it_is_empty_and_of_another_life(store: Store) -> None:
    write(store, story())
    life = "SELECT value FROM meta WHERE name = 'life'"
    before = store.writer.execute(life).fetchone()[0]
    writer = Writer(store)
    writer.clear()
    assert not any(content(store).values())
    assert store.writer.execute(life).fetchone()[0] != before
    writer.apply(story(), {})
    assert len(content(store)["incidents"]) == 6
