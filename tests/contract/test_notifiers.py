"""What every notifier keeps: it tells of any incident, in plain words, and says how it failed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import msgspec
import pytest
from aiohttp import web

from detectors.errors import DeliveryError, RetriableDeliveryError
from detectors.model import Explanation, Growth, Incident, IncidentState, Part, Range, Team, TopPost, Word
from streams.notifiers import AppriseNotifier, LogNotifier, Notifier, notifiers_for
from streams.notifiers.message import body, title

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\n\u202eevil\x00 [red]" + "x" * 10_000


def incident(
    *,
    state: IncidentState = IncidentState.OPEN,
    version: int = 1,
    text: str = "no trains",
    growth: Growth | None = None,
) -> Incident:
    post = TopPost(id="1", source="forum", text=text, created_at=AT)
    why = Explanation(
        since=AT,
        until=AT,
        observed=30,
        expected=2.04,
        first_post=post,
        top_posts=[post],
        parts={
            "channel": [Part(name="forum", observed=20, expected=0.5), Part(name=HOSTILE, observed=10, expected=1.5)],
            "topic": [Part(name="refund", observed=12, expected=0.0), Part(name="none", observed=18, expected=2.0)],
            "audience": [Part(name="none", observed=28, expected=2.0), Part(name="press", observed=2, expected=0.0)],
            "authors": [Part(name="new", observed=23, expected=2.0), Part(name="again", observed=7, expected=0.0)],
            "kind": [Part(name="originals", observed=25, expected=2.0), Part(name="reposts", observed=5, expected=0.0)],
        },
        authors=23,
        reach=41_250,
        words=[Word(word="#acmefail", posts=9, z=5.1), Word(word="refund", posts=12, z=4.2)],
        growth=growth or Growth(),
    )
    return Incident(
        id="incident-acme-surge-20260302T0900Z",
        brand="acme",
        brand_name="Acme",
        state=state,
        version=version,
        onset=AT,
        opened_at=AT,
        updated_at=AT,
        alerts=["acme-surge-20260302T0900Z"],
        why=why,
        peak_surprise=6.0,
        threshold=4.8,
        resolved_at=AT if state is IncidentState.RESOLVED else None,
    )


class Service:
    """A local service that answers with `status` and keeps what it got."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[dict[str, str]] = []
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(await request.json())
        return web.Response(status=self.status)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    app = web.Application()
    app.add_routes([web.post("/{path:.*}", service.take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.port = runner.addresses[0][1]
    yield service
    await runner.cleanup()


NOTIFIERS: dict[str, Callable[[Service], Notifier]] = {
    "log": lambda service: LogNotifier(),
    "apprise": lambda service: AppriseNotifier("pr/1", f"json://user:secret@127.0.0.1:{service.port}/hook"),
}


@pytest.fixture(params=NOTIFIERS)
def notifier(request: pytest.FixtureRequest, service: Service) -> Notifier:
    return NOTIFIERS[request.param](service)


@pytest.mark.parametrize("state", list(IncidentState))
@pytest.mark.parametrize("text", ["no trains", HOSTILE, ""])
async def test_every_incident_can_be_told(notifier: Notifier, state: IncidentState, text: str) -> None:
    await notifier.deliver(incident(state=state, text=text))
    await notifier.deliver(incident(state=state, version=2, text=text))


def test_the_name_of_a_channel_holds_no_secret(notifier: Notifier) -> None:
    assert "secret" not in notifier.id
    assert "127.0.0.1" not in notifier.id


async def test_a_service_that_refuses_is_tried_again(service: Service) -> None:
    service.status = 500
    with pytest.raises(RetriableDeliveryError) as failure:
        await NOTIFIERS["apprise"](service).deliver(incident())
    assert "secret" not in str(failure.value)


def test_a_url_that_nobody_understands_is_refused_without_showing_it() -> None:
    with pytest.raises(DeliveryError) as failure:
        AppriseNotifier("pr/1", "nonsense://token123")
    assert "token123" not in str(failure.value)


def test_the_log_is_always_told_and_each_channel_of_a_team_has_a_name() -> None:
    team = Team(id="pr", name="PR", notify=["json://127.0.0.1/a", "json://127.0.0.1/b"])
    assert [notifier.id for notifier in notifiers_for([team])] == ["log", "pr/1", "pr/2"]


async def test_what_is_sent_says_what_how_big_and_what_to_do(service: Service) -> None:
    await NOTIFIERS["apprise"](service).deliver(incident())
    (message,) = service.got
    assert message["title"] == "Acme: a wave of criticism is starting"
    assert "30 negative mentions since 02 Mar 09:00 UTC, usual for this time: 2.0." in message["message"]
    assert "Answer in private" in message["message"]


def test_what_is_sent_says_where_who_which_words_and_how_fast() -> None:
    hour = Range(median=70, low_50=55, high_50=90, low_90=40, high_90=120)
    lines = body(incident(growth=Growth(too_early=False, doubling_minutes=12.3, next_hour=hour))).splitlines()
    assert lines[1].startswith("Channels: forum 20, <script>") and lines[1].endswith("; originals 25, reposts 5.")
    assert lines[2:6] == [
        "Topics: refund 12.",
        "23 authors with 41,250 followers in all; 7 of 30 posts by people who had written within the hour; "
        "by audience: press 2.",
        "Words that stand out: #acmefail, refund.",
        "Doubles every 12 min; in the next hour 40 to 120 more are likely.",
    ]
    # A chat shows it whole.
    assert len(lines) <= 10 and sum(map(len, lines)) < 1000


def test_what_is_not_known_is_not_made_up() -> None:
    nobody = Explanation(since=AT, until=AT, observed=3, expected=0.0, first_post=None, top_posts=[])
    lines = body(msgspec.structs.replace(incident(), why=nobody)).splitlines()
    assert "No author is named." in lines and "Too early to say how fast it grows." in lines
    assert not [line for line in lines if line.startswith(("Topics", "Words", "Channels"))]


def test_a_strangers_text_stays_one_short_line() -> None:
    lines = body(incident(text=HOSTILE)).splitlines()
    quoted = [line for line in lines if line.startswith("- ")]
    assert len(quoted) == 1
    assert len(quoted[0]) < 160
    assert "\x00" not in quoted[0]
    assert "\u202e" not in quoted[0]


def test_titles_follow_the_life_of_an_incident() -> None:
    told = [incident(), incident(version=2), incident(version=3, state=IncidentState.RESOLVED)]
    assert len({title(each) for each in told}) == 3
    assert msgspec.json.decode(msgspec.json.encode(told[0]), type=Incident) == told[0]
