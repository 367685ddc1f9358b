"""The console's API keeps what its own description says, whatever is sent (schemathesis)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from schemathesis import BaseSchema, HookContext
from schemathesis.engine import events, from_schema

from detectors.model import AnyCommand, Delivery, DeliveryResult, IncidentState, Outcome, StartSilence
from streams.console.users import Role
from support.api_console import ROOT, ApiConsole, minute, told
from support.signing import NOON

EXAMPLES = 30
OUTCOMES = [Outcome.DONE, Outcome.UNCHANGED, Outcome.CONFLICT, Outcome.IMPOSSIBLE]
REAL = {
    "/incidents/{id}": "incident-1",
    "/brands/{id}": "acme",
    "/commands/{id}": "done-1",
    "/silences/{id}": "silence-1",
    "/users/{name}": "ben",
    "/tokens/{name}": "ben-bot",
}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiConsole]:
    """A console with something of everything, whose worker says yes, then that nothing has changed, then no, twice."""
    console = ApiConsole(tmp_path_factory.mktemp("console"))
    console.put(
        *(told(f"incident-{number}", at=NOON - timedelta(hours=number)) for number in range(1, 5)),
        told("over", state=IncidentState.RESOLVED, brand="globex", resolved_at=NOON),
        Delivery(incident="incident-1", brand="acme", version=1, result=DeliveryResult.DELIVERED, at=NOON),
        StartSilence(id="silence-1", brand="acme", by="ben", until=NOON + timedelta(days=1), comment="launch"),
        *(minute("acme", NOON - timedelta(minutes=90 - number), took=[60], shadow=True) for number in range(90)),
    )
    given = iter(range(10**9))

    def worker(_: AnyCommand) -> tuple[Outcome, str]:
        return OUTCOMES[next(given) % len(OUTCOMES)], ""

    console.worker = worker
    yield console
    console.close()


@pytest.fixture(scope="module")
def sent(console: ApiConsole) -> dict[str, str]:
    """Whose requests these are."""
    return {"Authorization": f"Bearer {console.tokens[Role.ADMIN]}", "Host": "127.0.0.1:8484"}


@pytest.fixture(scope="module")
def described(console: ApiConsole, sent: dict[str, str]) -> Any:
    """What the API says of itself; of the stream, which never ends, the tests of it alone say more."""
    config = schemathesis.Config.from_dict(
        {
            "seed": 7,
            "headers": sent,
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409"]}},
            # No schema can say which steps an incident has, and which brands are watched.
            "operations": [
                {"include-path": path, "checks": {"positive_data_acceptance": {"enabled": False}}}
                for path in ("/incidents/{id}/tick", "/silences", "/matrix")
            ],
        }
    )
    document = copy.deepcopy(console.api.openapi())
    del document["paths"]["/incidents/stream"]
    # No schema can say how a place in the pages looks: only a page does.
    parameters = document["paths"]["/incidents"]["get"]["parameters"]
    parameters[:] = [one for one in parameters if one["name"] != "after"]
    found = schemathesis.openapi.from_dict({**document, "servers": [{"url": ROOT}]}, config=config)
    found.app = console.app
    found.hook(map_path_parameters)
    found.hook(map_body)
    return found


def map_path_parameters(context: HookContext, path_parameters: Any) -> Any:
    """Every other time something that is there."""
    operation = context.operation
    for prefix, real in REAL.items():
        if path_parameters and operation is not None and operation.path.startswith(prefix):
            for name, value in path_parameters.items():
                path_parameters[name] = real if len(str(value)) % 2 else value
    return path_parameters


def map_body(context: HookContext, body: Any) -> Any:
    """Every other time a step or a brand that is there."""
    for name, real in (("step", "general-1"), ("brand", "acme")):
        said = body.get(name) if isinstance(body, dict) else None
        if isinstance(said, str) and len(said) % 2 and len(said) <= 200:
            body[name] = real
    return body


def test_it_does_what_it_says(described: BaseSchema) -> None:
    """All checks on positive and negative data, as `schemathesis run` does."""
    found: list[str] = []
    tested: set[str] = set()
    for event in from_schema(described).execute():
        if isinstance(event, events.ScenarioFinished):
            tested.add(event.label or "")
            for nodes in event.recorder.checks.values():
                for node in nodes:
                    if node.failure_info is not None:
                        failure = node.failure_info
                        found.append(
                            f"{event.label}: {failure.failure.title}\n{failure.failure.message}\n{failure.code_sample}"
                        )
        elif isinstance(event, events.NonFatalError):
            found.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    assert not found, "\n\n".join(found)
    assert len(tested) >= 33
