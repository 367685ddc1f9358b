"""YAML as a plain tree of text, with the line of every path: what a configuration is checked on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import yaml

from detectors.errors import ConfigError, ConfigProblem

__all__ = ["Tree", "read_tree"]

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | None"

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST: Final = 30
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


def read_tree(text: str, source: str) -> tuple[Tree, dict[str, int], list[ConfigProblem]]:
    """The tree of one YAML document, the line (from 1) of each path in it, and the keys given twice.

    Every scalar stays the text it was written as ("1664", "no", "2015-02-22"), only null is None. Built from the
    parser's events, since composing nodes recurses in C, where deep nesting ends the process. Any str is fine.

    Raises ConfigError, with the line, where `text` is no YAML, has several documents or an alias to nothing.

    >>> read_tree("brands: [{id: 1664}, ~]", "example")
    ({'brands': [{'id': '1664'}, None]}, {'': 1, 'brands': 1, 'brands[0]': 1, 'brands[0].id': 1, 'brands[1]': 1}, [])
    """
    try:
        return _Builder(text, source).build()
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "YAML"
        problem = ConfigProblem(line, f"no valid YAML: {error.problem or error.context}")
    except (yaml.YAMLError, UnicodeError):
        problem = ConfigProblem("YAML", "a character that YAML does not allow; expected printable text in UTF-8")
    raise ConfigError([problem], source=source) from None


class _Builder:
    def __init__(self, text: str, source: str) -> None:
        self._source = source
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self._anchors: dict[str, Tree] = {}
        self._lines: dict[str, int] = {}
        self._problems: list[ConfigProblem] = []

    def build(self) -> tuple[Tree, dict[str, int], list[ConfigProblem]]:
        tree: Tree = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refused("expected a single document", event)
                tree = self._node(next(self._events), "", 0)
        return tree, self._lines, self._problems

    def _node(self, event: yaml.Event, path: str, depth: int) -> Tree:
        if depth > _DEEPEST:
            raise self._refused(f"nested more than {_DEEPEST} levels deep", event)
        self._lines[path] = _line(event)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise self._refused("an alias (*) of an anchor (&) that is not above it", event)
            return self._anchors[event.anchor]
        tree: Tree
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0]
            tree = None if plain and event.value in _NULLS else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            tree = [self._node(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(self._until_end())]
        else:
            tree = self._mapping(path, depth)
        if anchor := getattr(event, "anchor", None):
            self._anchors[anchor] = tree
        return tree

    def _mapping(self, path: str, depth: int) -> Tree:
        tree: dict[str, Tree] = {}
        for event in self._until_end():
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refused("a key that is no plain text", event)
            key = event.value
            below = f"{path}.{key}" if path else key
            if key in tree:
                where = f"on line {self._lines[below]} and on line {_line(event)}"
                self._problems.append(ConfigProblem(below, f"given twice, {where}; expected once"))
            tree[key] = self._node(next(self._events), below, depth + 1)
            self._lines[below] = _line(event)
        return tree

    def _until_end(self) -> Iterator[yaml.Event]:
        """The events up to the end of this collection, as far as nobody else takes them."""
        for event in self._events:
            if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                return
            yield event

    def _refused(self, problem: str, event: yaml.Event) -> ConfigError:
        return ConfigError([ConfigProblem(f"line {_line(event)}", f"no valid YAML: {problem}")], source=self._source)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
