"""What every notifier keeps: it tells of any incident, in plain words, and says how it failed."""

from __future__ import annotations

import hashlib
import hmac
import json
import string
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from aiohttp import web

from detectors.errors import DeliveryError, RetriableDeliveryError
from detectors.model import (
    Brand,
    Explanation,
    Growth,
    Incident,
    IncidentState,
    Match,
    Part,
    Person,
    Range,
    Story,
    StoryKind,
    Team,
    TopPost,
    Watch,
    Word,
)
from detectors.stories.titles import titles
from streams.notifiers import AppriseNotifier, LogNotifier, Notifier, WebhookNotifier, notifiers_for
from streams.notifiers.message import body, title
from streams.notifiers.wording import KINDS, SIGNALS, WORDING, Lang

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "a-secret-of-its-own"
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
        self.answers: dict[str, str] = {}
        self.got: list[dict[str, str]] = []
        self.raw: list[tuple[bytes, dict[str, str]]] = []
        self.port = 0

    async def take(self, request: web.Request) -> web.Response:
        self.raw.append((await request.read(), dict(request.headers)))
        self.got.append(await request.json())
        return web.Response(status=self.status, headers=self.answers)


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
    "webhook": lambda service: WebhookNotifier(
        "pr/1", f"signed+http://{SECRET}@127.0.0.1:{service.port}/hook", now=lambda: 1772442000.5
    ),
}


@pytest.fixture(params=NOTIFIERS)
def notifier(request: pytest.FixtureRequest, service: Service) -> Notifier:
    return NOTIFIERS[request.param](service)


@pytest.mark.parametrize("state", list(IncidentState))
@pytest.mark.parametrize("text", ["no trains", HOSTILE, ""])
async def test_every_incident_can_be_told(notifier: Notifier, state: IncidentState, text: str) -> None:
    await notifier.deliver(incident(state=state, text=text))
    await notifier.deliver(incident(state=state, version=2, text=text))
    await notifier.deliver(hijacked(state=state, text=text, subject=text))


def test_the_name_of_a_channel_holds_no_secret(notifier: Notifier) -> None:
    assert "secret" not in notifier.id
    assert "127.0.0.1" not in notifier.id


@pytest.mark.parametrize("name", ["apprise", "webhook"])
async def test_a_service_that_refuses_is_tried_again(name: str, service: Service) -> None:
    service.status = 500
    with pytest.raises(RetriableDeliveryError) as failure:
        await NOTIFIERS[name](service).deliver(incident())
    assert "secret" not in str(failure.value)


async def test_a_webhook_is_signed_and_the_same_again_has_the_same_key(service: Service) -> None:
    hook = NOTIFIERS["webhook"](service)
    for version in (1, 1, 2):
        await hook.deliver(incident(version=version))
    keys = [headers["Idempotency-Key"] for _, headers in service.raw]
    assert keys == ["incident-acme-surge-20260302T0900Z-1"] * 2 + ["incident-acme-surge-20260302T0900Z-2"]
    content, headers = service.raw[0]
    assert headers["Badbuzz-Timestamp"] == "1772442000"
    expected = hmac.new(SECRET.encode(), b"1772442000." + content, hashlib.sha256).hexdigest()
    assert headers["Badbuzz-Signature"] == f"v1={expected}"
    assert "Authorization" not in headers
    told = json.loads(content)
    assert told["title"] == "Acme: a wave of criticism is starting"
    assert msgspec.convert(told["incident"], Incident) == incident()


@pytest.mark.parametrize(
    "status, answers, pause",
    [(429, {"Retry-After": "7"}, 7.0), (429, {"Retry-After": "999999"}, 300.0), (503, {"Retry-After": "soon"}, None)],
)
async def test_a_webhook_waits_as_long_as_it_is_asked_to(
    status: int, answers: dict[str, str], pause: float | None, service: Service
) -> None:
    service.status, service.answers = status, answers
    with pytest.raises(RetriableDeliveryError) as failure:
        await NOTIFIERS["webhook"](service).deliver(incident())
    wished = failure.value.retry_after
    assert (wished.total_seconds() if wished is not None else None) == pause


@pytest.mark.parametrize("status", [302, 400, 410])
async def test_a_webhook_that_says_no_is_not_asked_again_and_not_followed_elsewhere(
    status: int, service: Service
) -> None:
    service.status, service.answers = status, {"Location": f"http://127.0.0.1:{service.port}/elsewhere"}
    with pytest.raises(DeliveryError) as failure:
        await NOTIFIERS["webhook"](service).deliver(incident())
    assert not isinstance(failure.value, RetriableDeliveryError) and len(service.got) == 1


async def test_a_webhook_that_nobody_listens_to_is_tried_again(service: Service) -> None:
    with pytest.raises(RetriableDeliveryError) as failure:
        await WebhookNotifier("pr/1", f"signed+http://{SECRET}@127.0.0.1:1/hook").deliver(incident())
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize("url", ["signed+https://short@host/x", "signed+https://host/x", "signed+https://" + "s" * 20])
def test_a_webhook_without_a_secret_or_a_host_is_refused(url: str) -> None:
    with pytest.raises(DeliveryError, match="SECRET@host"):
        WebhookNotifier("pr/1", url)


def test_a_url_that_nobody_understands_is_refused_without_showing_it() -> None:
    with pytest.raises(DeliveryError) as failure:
        AppriseNotifier("pr/1", "nonsense://token123")
    assert "token123" not in str(failure.value)


def test_the_log_is_always_told_and_each_channel_of_a_team_has_a_name() -> None:
    team = Team(id="pr", name="PR", notify=["json://127.0.0.1/a", f"signed+https://{SECRET}@127.0.0.1/b"])
    anna = Person(id="anna", name="Anna", notify=["json://127.0.0.1/c"])
    watch = Watch(brands=[], teams=[team], people=[anna])
    assert [notifier.id for notifier in notifiers_for(watch)] == ["log", "pr/1", "pr/2", "@anna/1"]


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


LANGUAGES: list[Lang] = ["en", "fr"]


def hijacked(lang_titles: bool = True, subject: str | None = "#askacme", **fields: Any) -> Incident:
    """An incident of two kinds, with its titles."""
    told = incident(**fields)
    turned = Story(kind=StoryKind.HIJACKED_HASHTAG, share=0.6, threshold=0.3, posts=18, of=30, subject=subject)
    waiting = Story(kind=StoryKind.UNANSWERED, share=0.75, threshold=0.5, posts=1500, of=2000)
    why = msgspec.structs.replace(told.why, stories=[turned, waiting])
    brand = Brand(id="acme", name="Acme", match=Match(any=["#AskAcme"]))
    why = msgspec.structs.replace(why, titles=titles(why, brand) if lang_titles else {})
    return msgspec.structs.replace(told, why=why)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_titles_follow_the_life_of_an_incident(lang: Lang) -> None:
    told = [incident(), incident(version=2), incident(version=3, state=IncidentState.RESOLVED)]
    assert len({title(each, lang) for each in told}) == 3
    assert msgspec.json.decode(msgspec.json.encode(told[0]), type=Incident) == told[0]


@pytest.mark.parametrize(
    "fields, english, french",
    [
        (
            {},
            "Acme: customers turn #AskAcme against the brand over refunds",
            "Acme : le hashtag #AskAcme se retourne contre la marque au sujet des remboursements",
        ),
        (
            {"version": 2},
            "Acme: the wave grows (customers turn #AskAcme against the brand over refunds)",
            "Acme : la vague grandit (le hashtag #AskAcme se retourne contre la marque au sujet des remboursements)",
        ),
        (
            {"version": 3, "state": IncidentState.RESOLVED},
            "Acme: over, the rhythm is back to normal (customers turn #AskAcme against the brand over refunds)",
            "Acme : c'est fini, le rythme est redevenu normal "
            "(le hashtag #AskAcme se retourne contre la marque au sujet des remboursements)",
        ),
        # Written by a badbuzz that knew no titles.
        (
            {"lang_titles": False},
            "Acme: a wave of criticism is starting",
            "Acme : une vague de critiques commence",
        ),
        ({"lang_titles": False, "version": 2}, "Acme: the wave grows", "Acme : la vague grandit"),
    ],
)
def test_a_title_names_the_story_at_every_stage(fields: dict[str, Any], english: str, french: str) -> None:
    told = hijacked(**fields)
    assert title(told) == english
    assert title(told, "fr").replace("\u00a0", " ") == french


def test_the_kinds_of_story_are_told_with_their_evidence() -> None:
    assert body(hijacked()).splitlines()[1] == (
        "Kind: hijacked hashtag #askacme (60%, 18 of 30); complaints without an answer (75%, 1,500 of 2,000)."
    )
    assert body(hijacked(), "fr").splitlines()[1] == (
        "Nature\u00a0: hashtag détourné #askacme (60\u00a0%, 18 sur 30); "
        "plaintes sans réponse (75\u00a0%, 1\u202f500 sur 2\u202f000)."
    )


def test_a_message_can_be_read_in_french() -> None:
    hour = Range(median=70, low_50=55, high_50=90, low_90=40, high_90=1200)
    told = hijacked(growth=Growth(too_early=False, doubling_minutes=12.3, next_hour=hour))
    told = msgspec.structs.replace(told, little_history=True, signals=["authors", "reposts"])
    lines = body(told, "fr").replace("\u00a0", " ").replace("\u202f", " ").splitlines()
    assert lines[0] == "30 mentions négatives depuis le 02 mars 09:00 UTC, d'ordinaire à ce moment : 2,0."
    assert lines[2:4] == [
        "Peu de recul : les habitudes de la marque sont encore mal connues.",
        "Inhabituel : le nombre de personnes, la part de ce qui est répété.",
    ]
    assert lines[4].startswith("Canaux : forum 20, <script>") and lines[4].endswith(" ; originaux 25, partages 5.")
    assert lines[5:] == [
        "Sujets : refund 12.",
        "23 auteurs avec 41 250 abonnés en tout ; 7 messages sur 30 de personnes qui avaient écrit dans l'heure ; "
        "par public : press 2.",
        "Mots qui ressortent : #acmefail, refund.",
        "Double toutes les 12 min ; dans l'heure qui vient, 40 à 1 200 de plus sont probables.",
        "- « no trains »",
        "À faire : Arrêtez la campagne et les publications payées qui portent le hashtag. Ne supprimez pas les "
        "messages qui s'en moquent et ne lancez pas de second hashtag contre eux.",
        "Répondez en privé, par quelqu'un qui peut résoudre le problème. Ne supprimez pas de commentaires.",
        "incident-acme-surge-20260302T0900Z (version 1)",
    ]


def test_both_languages_say_the_same_things() -> None:
    def evidence(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    assert WORDING["en"].keys() == WORDING["fr"].keys() and SIGNALS["en"].keys() == SIGNALS["fr"].keys()
    for name, sentence in WORDING["en"].items():
        assert evidence(sentence) == evidence(WORDING["fr"][name]), name
    for lang in LANGUAGES:
        assert set(KINDS[lang]) == set(StoryKind)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("state", list(IncidentState))
@pytest.mark.parametrize("text", ["no trains", HOSTILE, ""])
def test_every_message_is_short_lines_of_what_can_be_printed(lang: Lang, state: IncidentState, text: str) -> None:
    for told in (incident(state=state, text=text), hijacked(state=state, text=text, subject=text)):
        lines = [title(told, lang), *body(told, lang).split("\n")]
        assert len(lines) <= 12 and all(0 < len(line) < 400 for line in lines)
        assert all(char.isprintable() or char in "\u00a0\u202f" for line in lines for char in line)
