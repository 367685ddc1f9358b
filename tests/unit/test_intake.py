"""From bytes to mentions: what is no post, and that it harms nobody else."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.errors import InvalidPost, Reason
from detectors.intake import Intake, RawRecord, Taken, decode_post
from detectors.model import Brand, Match, MentionBatch, Sentiment, Watch, to_ms
from detectors.text import Judgement
from support.scenario import NoModel

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW_MS = to_ms(NOW)
WATCH = Watch(brands=[Brand(id=name, name=name, match=Match(any=[name])) for name in ("acme", "globex")])


def post(**fields: object) -> bytes:
    given = {"id": "1", "source": "twitter", "text": "acme is down", "created_at": NOW.isoformat()}
    return json.dumps({**given, "sentiment": "negative", **fields}).encode()


def without(field: str) -> bytes:
    return json.dumps({k: v for k, v in json.loads(post()).items() if k != field}).encode()


def take(*values: bytes | None, intake: Intake | None = None) -> Taken:
    intake = intake or Intake(WATCH, NoModel())
    return intake.take(0, [RawRecord(offset, value, NOW_MS + 1000) for offset, value in enumerate(values)])


BAD = {
    "no value": (None, Reason.NULL_RECORD),
    "nothing": (b"", Reason.NOT_JSON),
    "no JSON": (b"hello", Reason.NOT_JSON),
    "half a record": (post()[:-5], Reason.NOT_JSON),
    "two records": (post() + post(), Reason.NOT_JSON),
    "a raw null byte": (post().replace(b"acme is", b"acme\0is"), Reason.NOT_JSON),
    "null bytes only": (b"\0\0\0", Reason.NOT_JSON),
    "a lone surrogate": (post(text="acme \ud83d"), Reason.NOT_JSON),
    "a lone surrogate in the id": (post(id="\udc00"), Reason.NOT_JSON),
    "nested without end": (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", Reason.NOT_JSON),
    "invalid UTF-8": (post().replace(b"down", b"d\xffwn"), Reason.NOT_UTF8),
    "Latin-1": ("acmé".encode("latin-1"), Reason.NOT_UTF8),
    "UTF-16": ("acme".encode("utf-16"), Reason.NOT_UTF8),
    "an array": (b"[]", Reason.WRONG_TYPE),
    "arrays in arrays": (b"[" * 1000 + b"]" * 1000, Reason.WRONG_TYPE),
    "a number": (b"42", Reason.WRONG_TYPE),
    "null": (b"null", Reason.WRONG_TYPE),
    "an empty object": (b"{}", Reason.MISSING_FIELD),
    "no id": (without("id"), Reason.MISSING_FIELD),
    "no source": (without("source"), Reason.MISSING_FIELD),
    "no text": (without("text"), Reason.MISSING_FIELD),
    "no date": (without("created_at"), Reason.MISSING_FIELD),
    "a number as id": (post(id=5), Reason.WRONG_TYPE),
    "null as text": (post(text=None), Reason.WRONG_TYPE),
    "a list as text": (post(text=["acme"]), Reason.WRONG_TYPE),
    "half a follower": (post(followers=1.5), Reason.WRONG_TYPE),
    "followers as text": (post(followers="many"), Reason.WRONG_TYPE),
    "another sentiment": (post(sentiment="angry"), Reason.WRONG_TYPE),
    "a date without a zone": (post(created_at="2026-03-02T09:00:00"), Reason.NAIVE_DATE),
    "a date in seconds": (post(created_at=1_772_409_600), Reason.WRONG_TYPE),
    "a day": (post(created_at="2026-03-02"), Reason.WRONG_TYPE),
    "no date at all": (post(created_at="yesterday"), Reason.WRONG_TYPE),
    "a day that is not": (post(created_at="2026-02-30T09:00:00Z"), Reason.WRONG_TYPE),
    "before 1970": (post(created_at="1969-12-31T23:59:59Z"), Reason.BAD_VALUE),
    "the year 1": (post(created_at="0001-01-01T00:00:00+14:00"), Reason.BAD_VALUE),
    "an empty id": (post(id=""), Reason.BAD_VALUE),
    "an empty source": (post(source=""), Reason.BAD_VALUE),
}

FINE = {
    "an empty text": post(text=""),
    "a megabyte": post(text="acme " + "x" * 1_000_000),
    "an escaped null byte": post(text="acme\0is down"),
    "an emoji": post(text="acme 🤬"),
    "unknown fields": post(label="negative", place={"deep": [1, 2, {"er": None}]}),
    "nulls where they may be": post(author=None, lang=None, followers=None, reposts=None, sentiment=None),
    "1970": post(created_at="1970-01-01T00:00:00Z"),
    "2100": post(created_at="2100-01-01T00:00:00Z"),
    "the end of time": post(created_at="9999-12-31T23:59:59-14:00"),
    "another zone": post(created_at="2026-03-02T14:45:00+05:45"),
    "more followers than there are people": post(followers=10**30, reposts=10**30),
    "less than none": post(followers=-5, reposts=-(10**30)),
    "nobody we watch": post(text="the weather"),
}


@pytest.mark.parametrize("value, reason", BAD.values(), ids=BAD.keys())
def test_what_is_no_post_is_refused_with_its_reason(value: bytes | None, reason: Reason) -> None:
    with pytest.raises(InvalidPost) as refused:
        decode_post(value)
    assert refused.value.reason is reason
    assert 0 < len(str(refused.value)) < 300


@pytest.mark.parametrize("value, reason", BAD.values(), ids=BAD.keys())
def test_it_leaves_the_rest_of_its_batch_unharmed(value: bytes | None, reason: Reason) -> None:
    taken = take(post(id="before"), value, post(id="after"))
    assert [(rejected.record.offset, rejected.error.reason) for rejected in taken.rejected] == [(1, reason)]
    assert [mention.id for mention in taken.mentions["acme"]] == ["before", "after"]
    assert taken.watermark_ms == NOW_MS - 60_000


@pytest.mark.parametrize("value", FINE.values(), ids=FINE.keys())
def test_what_is_odd_but_a_post_is_taken(value: bytes) -> None:
    taken = take(post(id="before"), value, post(id="after"))
    assert taken.rejected == []
    assert taken.posts == 3
    found = [mention.id for mention in taken.mentions["acme"]]
    assert found[0] == "before" and found[-1] == "after"
    # No date moved the time of the log, and the log can carry all of it.
    assert taken.watermark_ms == NOW_MS - 60_000
    for batch in taken.records(1, 1, lambda _: 0)[0]:
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(batch), type=MentionBatch) == batch


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_it(value: bytes) -> None:
    taken = take(value, post())
    assert len(taken.mentions["acme"]) == 1
    assert all(rejected.error.reason is not Reason.INTERNAL for rejected in taken.rejected)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=5,
)


@settings(deadline=None)
@given(field=st.sampled_from([*sorted(json.loads(post())), "followers", "reposts", "author", "url"]), value=JSON)
def test_no_value_of_a_field_breaks_it(field: str, value: object) -> None:
    taken = take(post(**{field: value}), post(id="after"))
    assert all(rejected.error.reason is not Reason.INTERNAL for rejected in taken.rejected)
    for batch in taken.records(1, 1, lambda _: 0)[0]:
        msgspec.msgpack.encode(batch)


def test_a_model_that_fails_costs_one_post() -> None:
    class Fails(NoModel):
        def judge_all(self, texts: Sequence[str], langs: Sequence[str | None]) -> list[Judgement]:
            if texts:
                raise RuntimeError("out of memory")
            return []

    intake = Intake(WATCH, Fails())
    taken = take(post(id="a"), post(id="b", sentiment=None), post(id="c"), intake=intake)
    assert [rejected.error.reason for rejected in taken.rejected] == [Reason.INTERNAL]
    assert [mention.id for mention in taken.mentions["acme"]] == ["a", "c"]


def test_a_hundred_thousand_posts_of_one_brand_in_one_batch() -> None:
    base = json.loads(post())
    values = [json.dumps({**base, "id": str(number)}).encode() for number in range(100_000)]
    started = time.process_time()
    taken = take(*values)
    elapsed_s = time.process_time() - started
    assert taken.posts == len(taken.mentions["acme"]) == 100_000
    batches = taken.records(1, 1, lambda _: 0)[0]
    assert len(batches) == 1  # a hot brand costs its monitor one record a batch
    assert elapsed_s < 15  # some 2 s; a tenth of the speed would be a stall


def test_only_negative_mentions_carry_who_and_what() -> None:
    taken = take(post(author="anna", url="https://x"), post(id="2", author="ben", sentiment="positive"))
    bad, good = taken.mentions["acme"]
    assert (bad.id, bad.author, bad.text, bad.url) == ("1", "anna", "acme is down", "https://x")
    assert (good.id, good.author, good.text, good.url) == (None, None, None, None)
    assert good.sentiment is Sentiment.POSITIVE


def test_long_texts_are_cut_for_people_but_read_whole() -> None:
    (mention,) = take(post(text="x " * 5000 + "acme")).mentions["acme"]
    assert mention.text is not None and len(mention.text) == 500


def test_the_same_post_has_the_same_key_wherever_it_comes_from() -> None:
    taken = take(post(), post(text="acme is down [edited]"), post(source="forum"), post(id="2"))
    keys = [mention.key for mention in taken.mentions["acme"]]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_each_mention_carries_the_watermark_of_its_own_moment() -> None:
    later = [post(id=str(s), created_at=(NOW + timedelta(seconds=s)).isoformat()) for s in (0, 30, 10, 40)]
    marks = [mention.watermark_ms - NOW_MS for mention in take(*later).mentions["acme"]]
    assert marks == [-60_000, -30_000, -30_000, -20_000]


def test_records_are_one_a_brand_gaps_first_watermark_last() -> None:
    taken = take(post(), post(id="2", text="globex too"), post(id="3", text="acme and globex"))
    outputs = taken.records(4, 3, lambda brand: {"acme": 0, "globex": 0}[brand])
    first, second = outputs[0]
    assert (first.brand, second.brand) == ("acme", "globex")
    assert (first.watermark_ms, second.watermark_ms) == (None, NOW_MS - 60_000)
    assert [gap.source for gap in first.gaps] == ["twitter"] and second.gaps == []
    for output in (1, 2):
        (beat,) = outputs[output]
        assert (beat.brand, beat.watermark_ms, beat.mentions, beat.partitions) == (None, NOW_MS - 60_000, [], 4)


def test_nothing_at_all_is_fine() -> None:
    taken = take()
    assert (taken.posts, taken.watermark_ms, taken.mentions) == (0, None, {})
