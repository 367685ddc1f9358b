"""Recorded posts: the same bytes whoever reads them, and errors that name the line."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.errors import InputError, Unavailable
from detectors.intake import decode_post
from streams.sources import files
from streams.sources.files import PostsFile, created_ms, moved

GOOD = b'{"id":"1","source":"x","text":"hi","created_at":"2026-03-01T09:00:00Z"}'


def records(path: Path, content: bytes, **options: object) -> list[tuple[int, bytes]]:
    path.write_bytes(content)
    return [(post.line, post.value) for post in PostsFile(path, **options)]  # type: ignore[arg-type]


# --- JSON lines


def test_lines_are_given_byte_for_byte_with_their_numbers(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + GOOD + b"\r\n\n\xff\x00 not json\n" + b"  {}  "
    assert records(tmp_path / "p.jsonl", content) == [(1, GOOD), (3, b"\xff\x00 not json"), (4, b"  {}  ")]


def test_a_file_may_be_read_twice_and_may_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(GOOD)
    file = PostsFile(path)
    assert [*file] == [*file] != []
    assert file.size_bytes == len(GOOD)
    assert records(path, b"") == []


def test_compressed_files_are_read_and_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.gz"
    packed = gzip.compress(GOOD + b"\n" + GOOD)
    assert records(path, packed) == [(1, GOOD), (2, GOOD)]
    for damaged in (packed[:-12], b"no gzip", packed[:20] + b"\x00\x00" + packed[22:]):
        with pytest.raises(InputError, match=r"p.jsonl.gz: line \d: damaged"):
            records(path, damaged)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 2**20)
    with pytest.raises(InputError, match="line 2: longer than 1 MiB"):
        records(tmp_path / "p.jsonl", GOOD + b"\n" + b"x" * (2**20 + 1))


def test_what_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"nope\.jsonl: cannot be read: No such file"):
        PostsFile(tmp_path / "nope.jsonl")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(Unavailable, match="directory"):
        PostsFile(tmp_path / "folder.csv")


@pytest.mark.parametrize("name", ["p.json", "p", "p.gz", "p.tsv"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"expected .jsonl or .csv"):
        records(tmp_path / name, GOOD)


def test_columns_are_for_csv(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"are for \.csv files"):
        records(tmp_path / "p.jsonl", GOOD, source="x")


# --- CSV

HEADER = b"id,source,text,created_at,author,followers,reposts,ignored\n"


def test_a_row_becomes_a_post(tmp_path: Path) -> None:
    rows = HEADER + b'7,forum,"Ac""me,\r\nno!",2026-03-01 10:00:00 +0100,,12,,?\n\n8,x,,2026-03-01T09:00:00Z,u,0,-1,?'
    first, second = records(tmp_path / "p.csv", rows)
    assert (first[0], second[0]) == (2, 5)
    post = decode_post(first[1])
    assert (post.id, post.source, post.text) == ("7", "forum", 'Ac"me,\r\nno!')
    assert post.created_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (post.author, post.followers, post.reposts) == (None, 12, None)
    post = decode_post(second[1])
    assert (post.text, post.author, post.followers, post.reposts) == ("", "u", 0, -1)


def test_columns_may_have_other_names_and_one_source(tmp_path: Path) -> None:
    content = "tweet_id,body,when,source\n1,héllo,2026-03-01T09:00:00Z,app\n".encode()
    columns = {"id": "tweet_id", "text": "body", "created_at": "when"}
    ((_, value),) = records(tmp_path / "p.csv", content, columns=columns, source="twitter")
    post = decode_post(value)
    assert (post.id, post.text, post.source) == ("1", "héllo", "twitter")


def test_what_no_post_can_hold_is_left_to_the_brain(tmp_path: Path) -> None:
    ((_, value),) = records(tmp_path / "p.csv", HEADER + b"7,x,hi,yesterday,,many,,\n")
    assert json.loads(value) == {"id": "7", "source": "x", "text": "hi", "created_at": "yesterday", "followers": "many"}
    ((_, value),) = records(tmp_path / "p.csv", HEADER + b"7,x,hi,2026-03-01 09:00:00,,,,\n")
    assert json.loads(value)["created_at"] == "2026-03-01 09:00:00"


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "line 1: no column `id`.*--column id=NAME"),
        (b"id,text,created_at\n", "line 1: no column `source`.*it has: id, text, created_at.*--source NAME"),
        (HEADER + b"1,x,hi\n", "line 2: 3 cells; expected 8"),
        (HEADER + b'1,x,"a\nb",,,,,\n2\n', "line 4: 1 cells"),
        (HEADER + b'1,x,"hi,2026\n2,x\n', "line 2: no CSV"),
        (HEADER + b'1,x,"hi"you,2026,,,,\n', "line 2: no CSV"),
        (HEADER + b"1,x,\xe9,2026,,,,\n", "line 2: byte 5 is no UTF-8"),
    ],
    ids=["empty", "no source", "short", "line of the start", "open quote", "text after quote", "not UTF-8"],
)
def test_a_damaged_csv_is_refused_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=rf"p.csv: {said}"):
        records(tmp_path / "p.csv", content)


def test_a_map_names_fields_of_a_post(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no field `colour`; expected one of: id, source"):
        records(tmp_path / "p.csv", HEADER, columns={"colour": "x"})
    with pytest.raises(InputError, match="no column `nick` for `author`"):
        records(tmp_path / "p.csv", HEADER, columns={"author": "nick"})


def test_a_text_of_a_megabyte_is_no_problem(tmp_path: Path) -> None:
    ((_, value),) = records(tmp_path / "p.csv", HEADER + b"1,x," + b"a" * 2**20 + b",2026-03-01T09:00:00Z,,,,\n")
    assert len(decode_post(value).text) == 2**20


# --- dates


def test_moving_changes_the_date_and_nothing_else() -> None:
    value = '{"id":"1","text":"h\u00e9","unknown":[1,{"a":null}],"created_at":"2015-02-22T01:00:00.5+01:00"}'.encode()
    assert created_ms(value) == 1_424_563_200_500
    assert json.loads(moved(value, 1500)) == {**json.loads(value), "created_at": "2015-02-22T00:00:02Z"}


@pytest.mark.parametrize(
    "value", [b"", b"\xff", b"[]", b"null", b"{}", b'{"created_at": "2015-02-22T00:00:00"}', b"[" * 100_000]
)
def test_what_has_no_date_stays(value: bytes) -> None:
    assert created_ms(value) is None
    assert moved(value, 1) == value
    assert moved(GOOD, 10**17) == GOOD
