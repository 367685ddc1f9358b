"""brands.yaml -> Watch: everything that is wrong with it, at once and by its path.

A key without a value counts as not given. No message repeats a notify URL or a variable's value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from detectors.errors import ConfigError, ConfigProblem
from detectors.model import (
    Audience,
    Brand,
    DigestPlan,
    Match,
    Person,
    Route,
    Severity,
    Shift,
    Silence,
    Team,
    Topic,
    Watch,
)
from streams.brands_file import PARTS, BrandsFile
from streams.yaml_tree import Tree, read_tree

__all__ = ["load_watch", "parse_watch", "watch_for_labels"]

_OF_ALL: Final = ("allowed_lateness", "no_data_after", "quiet_between", "messages_per_hour")
"""Defaults that no brand may have otherwise."""
_MEMBERS: Final = ("followers_at_least", "accounts", "roles")
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")


def load_watch(path: Path, environ: Mapping[str, str]) -> Watch:
    """The Watch that the file at `path` describes (see `parse_watch`); ConfigError if it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}; expected a YAML file") from error
    except UnicodeDecodeError as error:
        raise _refused(path, f"byte {error.start} is no UTF-8; expected a YAML file in UTF-8") from None
    return parse_watch(text, str(path), environ)


def parse_watch(text: str, source: str, environ: Mapping[str, str]) -> Watch:
    """The Watch that `text`, a brands.yaml, describes; `source` is its name in messages.

    `${NAME}` in a notify URL is filled from `environ`. Whatever a brand leaves open comes from `defaults`.
    Raises ConfigError with every problem found; where the text is no YAML at all, that is the only one.

    >>> watch = parse_watch("brands: [{id: acme, name: Acme, match: {any: [acme]}}]", "example", {})
    >>> watch.brands[0].timezone, watch.brands[0].detectors
    ('UTC', ['surge'])
    """
    tree, lines, problems = read_tree(text, source)
    if tree is None:
        raise ConfigError([ConfigProblem("brands", "the file is empty; expected a list of brands")], source=source)
    file: BrandsFile | None = None
    try:
        file = BrandsFile.model_validate(tree)
    except ValidationError as error:
        problems += [
            _problem(detail["loc"], detail["type"], detail["msg"])
            for detail in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    problems += [*_duplicates(tree), *_dangling(tree), *_memberless(tree), *_unfilled(tree, environ)]
    if problems or file is None:
        raise ConfigError([_with_line(problem, lines) for problem in problems], source=source)
    return _watch(file, environ)


def watch_for_labels(labels_brands: Sequence[str]) -> Watch:
    """A Watch without a configuration: each brand of a labels file by its @handle, #hashtag and name.

    >>> watch_for_labels(["usairways"]).brands[0].match.any
    ['@usairways', '#usairways', 'usairways']
    """
    return Watch(
        brands=[Brand(id=b, name=b, match=Match(any=[f"@{b}", f"#{b}", b])) for b in dict.fromkeys(labels_brands)]
    )


def _watch(file: BrandsFile, environ: Mapping[str, str]) -> Watch:
    """The parts of a file as the structs of `detectors.model`, defaults and variables filled in."""
    inherited = file.defaults.model_dump(exclude=set(_OF_ALL))
    own = {"match", *inherited}
    return Watch(
        brands=[
            Brand(
                match=Match(**brand.match.model_dump()),
                **brand.model_dump(exclude=own),
                **inherited | brand.model_dump(include=own - {"match"}, exclude_none=True),
            )
            for brand in file.brands
        ],
        topics=[Topic(**topic.model_dump()) for topic in file.topics],
        audiences=[Audience(**audience.model_dump()) for audience in file.audiences],
        teams=[
            Team(
                notify=[_fill(url, environ) for url in team.notify],
                rota=[Shift(**shift.model_dump()) for shift in team.rota],
                digest=DigestPlan(every=plan.every, minute=plan.at, day=plan.day) if (plan := team.digest) else None,
                **team.model_dump(exclude={"notify", "rota", "digest"}),
            )
            for team in file.teams
        ],
        people=[
            Person(notify=[_fill(url, environ) for url in person.notify], **person.model_dump(exclude={"notify"}))
            for person in file.people
        ],
        routes=[
            Route(
                severity_at_least=Severity(route.severity_at_least) if route.severity_at_least else None,
                **route.model_dump(exclude={"severity_at_least"}),
            )
            for route in file.routes
        ],
        silences=[Silence(**silence.model_dump(exclude_none=True)) for silence in file.silences],
        **{name: getattr(file.defaults, name) for name in _OF_ALL},
    )


def _fill(url: str, environ: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: environ.get(match[1], ""), url)


# ----------------------------------------------------- what one part says of another (on the tree,
#                                       so that a mistake in the structure hides none of these)


def _leaves(tree: Tree, *way: str, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of every text that `way` leads to; "*" stands for each item of a list.

    >>> list(_leaves({"brands": [{"id": "a"}, None, {"id": "b"}]}, "brands", "*", "id"))
    [('brands[0].id', 'a'), ('brands[2].id', 'b')]
    """
    if not way:
        if isinstance(tree, str):
            yield path, tree
    elif way[0] == "*" and isinstance(tree, list):
        for place, item in enumerate(tree):
            yield from _leaves(item, *way[1:], path=f"{path}[{place}]")
    elif isinstance(tree, dict) and way[0] in tree:
        yield from _leaves(tree[way[0]], *way[1:], path=f"{path}.{way[0]}".lstrip("."))


def _duplicates(tree: Tree) -> Iterator[ConfigProblem]:
    for section in ("brands", "topics", "audiences", "teams", "people"):
        seen: Counter[str] = Counter()
        for path, name in _leaves(tree, section, "*", "id"):
            seen[name] += 1
            if seen[name] > 1:
                yield ConfigProblem(path, f"{name!r} is the id of an earlier one; expected an id of its own")


def _dangling(tree: Tree) -> Iterator[ConfigProblem]:
    for section, *way in (
        ("brands", "brands", "*", "competitors", "*"),
        ("brands", "brands", "*", "group"),
        ("teams", "topics", "*", "team"),
        ("teams", "teams", "*", "escalate_to"),
        ("people", "teams", "*", "rota", "*", "people", "*"),
        ("teams", "routes", "*", "teams", "*"),
        ("brands", "routes", "*", "brands", "*"),
        ("topics", "routes", "*", "topics", "*"),
        ("brands", "silences", "*", "brands", "*"),
        ("topics", "silences", "*", "topics", "*"),
    ):
        known = {name for _, name in _leaves(tree, section, "*", "id")}
        for path, name in _leaves(tree, *way):
            if name not in known:
                yield ConfigProblem(
                    path, f"{name!r} is not there; expected the id of one of the {section} in this file"
                )


def _memberless(tree: Tree) -> Iterator[ConfigProblem]:
    """Audiences that nobody says the members of."""
    audiences = tree.get("audiences") if isinstance(tree, dict) else None
    for place, audience in enumerate(audiences if isinstance(audiences, list) else []):
        if isinstance(audience, dict) and not any(audience.get(field) for field in _MEMBERS):
            yield ConfigProblem(
                f"audiences[{place}]", f"nobody belongs to it; expected at least one of: {', '.join(_MEMBERS)}"
            )


def _unfilled(tree: Tree, environ: Mapping[str, str]) -> Iterator[ConfigProblem]:
    urls = [url for section in ("teams", "people") for url in _leaves(tree, section, "*", "notify", "*")]
    for path, url in urls:
        unset = [name for name in _VARIABLE.findall(url) if not environ.get(name)]
        for name in unset:
            yield ConfigProblem(path, f"the environment has no {name!r}; expected it to hold a URL or a part of one")
        if not unset and "://" not in _fill(url, environ):
            yield ConfigProblem(path, "no URL; expected one that Apprise knows, such as mailto://... or json://...")


# ---------------------------------------------------------------------------------------- problems

_WRONG: Final = {
    "missing": "missing; expected a value",
    "string_type": "no text; expected a single text",
    "list_type": "no list; expected a list, such as [a, b] or lines that start with -",
    "dict_type": "no mapping; expected `key: value` lines",
    "model_type": "no mapping; expected `key: value` lines",
    "too_short": "empty; expected at least one entry",
    "float_type": "no number; expected a number above 0",
    "float_parsing": "no number; expected a number above 0",
    "finite_number": "no finite number; expected a number above 0",
    "greater_than": "too small; expected a number above 0",
    "less_than_equal": "too large; expected a number of at most 1",
    "int_type": "no whole number; expected one of 0 or more",
    "int_parsing": "no whole number; expected one of 0 or more",
    "greater_than_equal": "too small; expected a whole number of 0 or more",
}


def _problem(place: tuple[int | str, ...], kind: str, message: str) -> ConfigProblem:
    """A finding of pydantic in our words, which never hold the value that was wrong."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place if step != "[key]")
    if kind == "extra_forbidden":
        parents = [step for step in place[:-1] if isinstance(step, str)]
        fields = (PARTS[parents[-1]] if parents else BrandsFile).model_fields
        return ConfigProblem(path.lstrip("."), f"unknown field; expected one of: {', '.join(fields)}")
    return ConfigProblem(path.lstrip(".") or "file", _WRONG.get(kind, message).removeprefix("Value error, "))


def _with_line(problem: ConfigProblem, lines: Mapping[str, int]) -> ConfigProblem:
    line = lines.get(problem.path)
    return ConfigProblem(problem.path, f"{problem.message} (line {line})") if line else problem


def _refused(path: Path, message: str) -> ConfigError:
    return ConfigError([ConfigProblem(str(path), message)], source="configuration")
