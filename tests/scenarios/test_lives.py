"""Whole lives of known crises: how each is found, who hears of it when, what people do about it, and how it ends.

Brands, people and texts are made up; no two posts are copies of each other unless that is the story.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from detectors.alerting.playbook import shipped_playbook
from detectors.model import Change, Incident, Match, Outcome, Route, Severity, Silence, Team, Topic
from support.scenario import Scenario

# ----------------------------------------------------------------------- what everybody says, of anything

SIGH = (
    "{tired|give up|a joke|never|cold|wet|late|stale|sour|sorry|excuse|promise|empty|loud|wrong|smell|slow|dead|rain|"
    "stain|voucher|letter|cable|colour}"
)
WHO = "{my son|my mother|the neighbour|a clerk|the desk|the shop|nobody|half of us|someone at work|a line of us}"
PLACE = "{Leeds|Lyon|Ghent|the kitchen|the garden|the queue|the holiday|the rain|the box|upstairs|home|the phone}"
WHEN = "{since Monday|since May|for hours|all week|at noon|this evening|third time|twice|all spring|at lunch|on hold}"
"""Everyday words, as they are in ordinary complaints too: what tells a story is the rest of its posts."""
SOUPIR = (
    "{franchement|sérieux|incroyable|bravo|super|abandon|journée|bon|soupir|allô|devinez|blague|pathétique|secours|"
    "encore|dommage|vraiment|pitié|ridicule|lamentable|assez|zut|tant pis|fatigue|colère}"
)
QUI = "{ma sœur|la voisine|un collègue|maman|mon père|mon fils|le patron|une amie|ma femme|Paul|mamie|le cousin}"
QUAND = "{depuis midi|toute la soirée|deux fois|lundi|cette semaine|cinq heures|hier|ce matin|tantôt|là|en mai|samedi}"

# --------------------------------------------------------------------------------- who is there, who hears

PR = Team(id="pr", name="Press office", escalate_after=timedelta(minutes=20), escalate_to="board")
BOARD = Team(id="board", name="Board")
TEAMS: dict[str, Any] = {"teams": [PR, BOARD], "routes": [Route(teams=["pr"])]}
DAYS = 4


def tellings(s: Scenario, channel: str, incident: Incident | None = None) -> list[str]:
    """What a channel was told, in order; of one incident, if one is given."""
    return [telling for _, telling, name in s.told(channel) if incident is None or name == incident.id]


def lives(s: Scenario, brand: str) -> list[list[Incident]]:
    """The versions of each incident of a brand, in the order of their opening."""
    found: dict[str, list[Incident]] = {}
    for version in s.incidents(brand):
        found.setdefault(version.id, []).append(version)
    return list(found.values())


def life(s: Scenario, brand: str) -> list[Incident]:
    """The versions of a brand's only incident."""
    (versions,) = lives(s, brand)
    return versions


def changes(incident: Incident) -> list[Change]:
    return [entry.what for entry in incident.timeline]


def kinds(incident: Incident) -> list[str]:
    return [story.kind.value for story in incident.why.stories]


def steps(incident: Incident) -> dict[str, str]:
    found = shipped_playbook().steps([story.kind for story in incident.why.stories], incident.severity, "en")
    return {step.id: step.text for step in found}


def when_told(s: Scenario, channel: str, telling: str) -> list[str]:
    """The times, as minutes of the day."""
    return [f"{at:%H:%M}" for at, what, _ in s.told(channel) if what == telling]


# ------------------------------------------------------------------------------------ 1. a breakdown

NO_NETWORK = (
    f"{SIGH} mobilo, {{no signal|no service|no internet}} {WHEN} in {PLACE}, {WHO} {{thinks|says}} {{I am "
    "ignoring|I hate}} her",
    f"@mobilocare {{is there|do you have}} {{an outage|a blackout}} in {PLACE}? {WHO} {{cannot call|has "
    f"no signal}} {WHEN}",
    f"{WHO} {{missed|lost}} {{a call from|the call of}} {{the doctor|school|work}}: mobilo "
    f"{{network|system}} down {WHEN}",
    f"{{driving|walking}} round {PLACE} {{hunting|looking}} for {{one bar|a signal}}, {SIGH}, mobilo {{is "
    f"offline|is down}} {WHEN}",
    f"{SOUPIR}, {{plus de réseau|aucun réseau}} mobilo {QUAND}, {QUI} {{attend|panique}} {{au travail|dehors}}",
    f"@mobilocare {{panne|coupure}} à {{Lyon|Metz|Dijon}} ? {QUI} {{ne capte rien|n'a plus internet}} "
    f"{QUAND}, {SOUPIR}",
)
MOBILO: dict[str, Any] = {
    "given": {
        "mobilo": {
            "match": Match(any=["mobilo", "@mobilo", "@mobilocare"]),
            "official_accounts": {"twitter": ["mobilocare"]},
        }
    }
}


@pytest.fixture(scope="module")
def breakdown() -> Scenario:
    """A cable is cut at 08:10. It is mended at 10:30; at 11:20 it breaks once more, for half an hour."""
    s = Scenario(
        "mobilo",
        days_of_ordinary_life=DAYS,
        **MOBILO,
        **TEAMS,
    )
    s.at("08:10").posts(240, brand="mobilo", over="140m", text=NO_NETWORK)
    s.at("08:26").post(brand="mobilo", id="lea", author="lea_k", text="@mobilocare no signal at all, is it only me?")
    s.at("08:30").ack(by="anna").tick("operations-1", by="anna")
    s.answer("mobilo", "lea", s.moment("08:47"))
    s.at("08:50").tick("operations-2", by="ben")
    s.at("09:10").note("Cable cut near Dijon; they say eleven o'clock.", by="ben")
    s.at("11:20").posts(40, brand="mobilo", over="30m", text=NO_NETWORK)
    s.at("23:00").feedback("true", "found before the hotline rang", by="anna")
    return s


def test_a_breakdown_is_told_at_once_and_says_what_it_is(breakdown: Scenario) -> None:
    s = breakdown
    s.expect_alert("mobilo", between=("08:10", "08:25"))
    first = life(s, "mobilo")[0]
    assert kinds(first)[:1] == ["operations"]
    title = first.why.titles["en"].lower()
    assert title.startswith("mobilo: ") and ("network" in title or "signal" in title or "outage" in title), title
    assert s.told("pr/1")[0] == (first.opened_at, "new", first.id)


def test_somebody_acknowledges_a_breakdown_and_nobody_else_is_called(breakdown: Scenario) -> None:
    s = breakdown
    last = life(s, "mobilo")[-1]
    assert s.told("board/1") == []
    assert last.owner == "anna" and last.acknowledged_at == s.moment("08:30")
    assert last.ticked == {"operations-1": "anna", "operations-2": "ben"}
    assert set(last.ticked) < set(steps(last))
    assert all(answer.outcome is Outcome.DONE for answer in s.answers)


def test_the_times_of_a_breakdown(breakdown: Scenario) -> None:
    s = breakdown
    last = life(s, "mobilo")[-1]
    assert last.time_to_acknowledge == s.moment("08:30") - last.opened_at
    assert last.time_to_first_response == s.moment("08:47") - last.opened_at
    assert last.resolved_at is not None and last.time_to_resolution == last.resolved_at - last.opened_at


def test_a_breakdown_is_over_by_itself_and_not_in_the_lull_before_it_breaks_again(breakdown: Scenario) -> None:
    s = breakdown
    last = life(s, "mobilo")[-1]
    assert changes(last).count(Change.CALMED) == 1 and Change.REOPENED not in changes(last)
    assert last.resolved_at is not None and s.moment("12:50") <= last.resolved_at <= s.moment("19:00")
    # It grew while they worked on it; the last word has all of it.
    assert 270 <= excess(last) <= 310
    told = tellings(s, "pr/1")
    assert told[0] == "new" and told[-1] == "over" and set(told[1:-1]) <= {"grew", "worse"} and len(told) <= 9
    assert changes(last)[-1] is Change.JUDGED and last.opinions[0].verdict == "true"


# --------------------------------------------------------------------------- 2. a hijacked hashtag

FRIENDS = (
    "{sunny|sweet|first|lazy} {lunch|sunday|afternoon} with {mum|the kids|Paul} thanks to farandole #FarandoleEtMoi",
    "un {joli|doux|grand} {dimanche|repas|moment} en famille avec farandole #FarandoleEtMoi",
)
MOCKERS = (
    f"#FarandoleEtMoi: {{a slug|a nail|a hair|a tooth}} in {{the salad|my soup|a yoghurt}}, {SIGH}, {WHO} "
    f"{{laughed|cried}}",
    f"my #FarandoleEtMoi is {{the till|the freezer|a trolley}} that {{bites|leaks|screams}} {WHEN} in {PLACE}, {SIGH}",
    f"{{worked|slaved}} {{two|six|nine}} {{years|winters}} at farandole in {PLACE}, {{ask|do not ask}} "
    f"{WHO} #FarandoleEtMoi",
    f"#FarandoleEtMoi c'est {{la queue|l'odeur|le rayon vide}} {QUAND} à {PLACE}, {QUI} "
    f"{{rit|pleure|témoigne}}, {SOUPIR}",
    f"{SOUPIR}, farandole {{demande|veut}} nos {{souvenirs|histoires}} ? {QUI} {{mal payé|à bout}} "
    f"{QUAND} #FarandoleEtMoi",
)


@pytest.fixture(scope="module")
def hijacked() -> Scenario:
    """The campaign begins at ten, friends answer it; from eleven on the others do."""
    s = Scenario("farandole", days_of_ordinary_life=DAYS, **TEAMS)
    s.at("10:00").posts(40, brand="farandole", sentiment="positive", over="1h", text=FRIENDS)
    s.at("11:00").posts(170, brand="farandole", over="2h", ramp=True, text=MOCKERS)
    # It is lunch time: nobody of the press office looks. Somebody of the board does.
    s.at("12:30").ack(by="carla").tick("hijacked-hashtag-1", by="carla")
    s.at("12:45").tick("hijacked-hashtag-1", by="anna").note("Campaign is off, agency knows.", by="anna")
    s.at("14:30").resolve("nobody speaks of it any more", by="anna")
    s.at("17:00").feedback("too-late", by="anna")
    return s


def test_a_hijacked_hashtag_is_named_and_its_campaign_is_to_be_stopped(hijacked: Scenario) -> None:
    s = hijacked
    s.expect_alert("farandole", between=("11:00", "11:40"))
    last = life(s, "farandole")[-1]
    assert kinds(last)[0] == "hijacked-hashtag" and "#FarandoleEtMoi" in last.why.titles["en"]
    assert "#FarandoleEtMoi" in last.why.titles["fr"]
    name, text = next(iter(steps(last).items()))
    assert name == "hijacked-hashtag-1" and text.startswith("Stop the campaign")


def test_a_hijacked_hashtag_that_nobody_looks_at_goes_to_the_board(hijacked: Scenario) -> None:
    s = hijacked
    (new, *_), (escalated, *_) = s.told("pr/1"), s.told("board/1")
    assert (new.telling, escalated.telling) == ("new", "escalated")
    assert timedelta(minutes=20) <= escalated.at - new.at <= timedelta(minutes=21)
    # Whoever was called in hears the rest of it.
    assert tellings(s, "board/1")[-1] == "over" and tellings(s, "pr/1")[-1] == "over"


def test_a_step_is_done_once_and_somebody_ends_it(hijacked: Scenario) -> None:
    s = hijacked
    last = life(s, "farandole")[-1]
    assert last.owner == "carla" and last.ticked == {"hijacked-hashtag-1": "carla"}
    assert [answer.outcome.value for answer in s.answers] == ["done", "done", "unchanged", "done", "done", "done"]
    assert last.state == "resolved" and last.resolved_at == s.moment("14:30")
    assert Change.REOPENED not in changes(last) and last.opinions[0].verdict == "too-late"
    # Its own end came later, and was no news.
    assert changes(last)[-2:] == [Change.RESOLVED, Change.JUDGED]


# ------------------------------------------------------------------------ 3. a song, for a week

LINK = "https://clips.example/v/cello"
SONG = (
    f"{SIGH}, {{humming|singing}} the aerolin song {{at the gate|in seat 9|on board}}, {WHO} {{joins "
    f"in|cries}} {{link}}",
    f"aerolin {{broke|smashed|lost}} his {{cello|fiddle}} and {{he|the man}} {{wrote|sings}} {{this|a "
    f"song}} {{link}} {SIGH}",
    f"{WHO} {{sent|showed}} me {{this|that}} {{ballad|song}} on aerolin {WHEN}: {{link}} {{ouch|gold|so good|painful}}",
    f"{SOUPIR}, la {{chanson|ballade}} du violoncelle {{brisé|cassé}} par aerolin, {QUI} {{rit|chante}} "
    f"{QUAND} {{link}}",
)
STRANDED = (
    f"{SIGH}, {{five|six|nine}} hours at the gate in {PLACE}, aerolin {{cancelled|delayed}} {{us|all of "
    f"it}}, {WHO} waits",
    f"aerolin {{cancels|delays}} {{every|our}} flight to {PLACE} {WHEN}, {{no hotel|no water|no bus}}, {SIGH}",
    f"{WHO} {{sleeps|sits}} on the floor in {PLACE}, flight {{cancelled|delayed}} {WHEN}, aerolin {{silent|gone home}}",
)


@pytest.fixture(scope="module")
def song() -> Scenario:
    """A musician puts his song online on the first evening. It is sung for a week; then a storm grounds planes."""
    s = Scenario("aerolin", days_of_ordinary_life=28, live_days=8, negative_per_hour=4, world_per_hour=5, **TEAMS)
    for day, start in enumerate(("17:00", "09:30", "12:00", "08:00", "18:00", "10:00", "11:00")):
        s.at(f"{day:+}d {start}").posts(
            130, brand="aerolin", over="4h", text=[text.replace("{link}", LINK) for text in SONG]
        )
    s.at("17:30").ack(by="anna")
    s.at("+7d 10:00").posts(130, brand="aerolin", over="3h", text=STRANDED)
    return s


def test_a_song_that_is_sung_for_a_week_is_one_incident_on_again_day_after_day(song: Scenario) -> None:
    s = song
    week = lives(s, "aerolin")[0]
    again = changes(week[-1]).count(Change.REOPENED)
    assert again >= 4 and changes(week[-1]).count(Change.CALMED) == again + 1
    assert kinds(week[-1])[0] == "one-link" and "clips.example" in week[-1].why.titles["en"]
    told = tellings(s, "pr/1", week[-1])
    assert told[0] == "new" and told.count("reopened") == again and told.count("over") == again + 1
    assert week[-1].onset < s.moment("17:30") and not [
        one for one in lives(s, "aerolin")[1:] if "song" in one[-1].signature
    ]


def test_a_song_that_is_on_again_waits_for_somebody_again(song: Scenario) -> None:
    s = song
    week = lives(s, "aerolin")[0][-1]
    assert week.acknowledged_at == s.moment("17:30")  # the first time counts
    board = [at for at, telling, name in s.told("board/1") if name == week.id]
    # On the first evening somebody looked after it; on the second day nobody did.
    assert s.moment("+1d 09:50") <= board[0] <= s.moment("+1d 11:30")


# --------------------------------------------------------------------------------- 4. an impostor

TAUNTS = (
    f"{{poor you|oh dear|boo hoo}}, {WHO} {{warned|told}} you: corvobank {{loves|wants}} your money, {{not you|silly}}",
    f"{{we|all of us at}} corvobank {{laughed|are laughing}} at your {{letter|message|tears}} {WHEN}, "
    f"{{keep going|more}}",
    f"{{have you tried|why not try}} {{being rich|a piggy bank|another planet}}? yours, corvobank {PLACE}",
)
CORVOBANK: dict[str, Any] = {"given": {"corvobank": {"official_accounts": {"twitter": ["corvobank"]}}}}
TRUST = Team(id="trust", name="Trust and safety")


def _mocks(s: Scenario, *, every: int, until: str = "21:00") -> int:
    """An impostor answers one customer after the other from nine on; how often."""
    at, count = s.moment("09:00"), 0
    while at <= s.moment(until):
        text = f"@customer_{count} {TAUNTS[count % 3]}"
        s.at(f"{at:%H:%M}").post(
            brand="corvobank", sentiment="neutral", author="corvobank_care", reply_to=f"c{count}", text=text
        )
        at, count = at + timedelta(minutes=every), count + 1
    return count


@pytest.fixture(scope="module")
def impostor() -> Scenario:
    """For twelve hours a stranger answers customers in the bank's name, every 25 minutes."""
    s = Scenario(
        "corvobank",
        days_of_ordinary_life=DAYS,
        teams=[PR, BOARD, TRUST],
        routes=[Route(teams=["trust", "pr"], kinds=["impostor"]), Route(teams=["pr"])],
        **CORVOBANK,
    )
    assert _mocks(s, every=25) == 29
    s.at("09:08").ack(by="tom").tick("impostor-1", by="tom")
    s.at("09:40").post(
        brand="corvobank", sentiment="neutral", author="corvobank", text="corvobank is @corvobank and nobody else."
    )
    s.at("09:41").tick("impostor-2", by="anna")
    s.at("23:00").feedback("true", by="tom")
    return s


def test_an_impostor_is_told_with_his_first_word_to_those_who_can_have_him_removed(impostor: Scenario) -> None:
    s = impostor
    first = life(s, "corvobank")[0]
    assert first.opened_at == s.moment("09:00") and kinds(first) == ["impostor"]
    assert "@corvobank_care" in first.why.titles["en"]
    assert [told[0].at for told in (s.told("trust/1"), s.told("pr/1"))] == [s.moment("09:00")] * 2
    todo = list(steps(first).items())
    assert todo[0][0] == "impostor-1" and todo[0][1].startswith("Report the account")
    assert todo[1][0] == "impostor-2" and "which accounts are official" in todo[1][1]


def test_an_impostor_of_a_whole_day_is_one_incident_and_not_a_message_for_each_joke(impostor: Scenario) -> None:
    s = impostor
    last = life(s, "corvobank")[-1]
    assert last.why.stories[0].posts == 29
    assert last.resolved_at is not None and s.moment("21:40") <= last.resolved_at <= s.moment("22:00")
    assert last.ticked == {"impostor-1": "tom", "impostor-2": "anna"} and last.owner == "tom"
    assert tellings(s, "trust/1") == ["new", "over"] and s.told("board/1") == []


# -------------------------------------------------------------------------------- 5. a false rumour

RUMOUR = (
    f"{{worms|maggots}} in lactelle {{yoghurt|pots|strawberry}} says {WHO} in {PLACE}, {SIGH}, {{bin|return}} them",
    f"{WHO} {{opened|found}} a lactelle pot {{full of|with}} {{maggots|worms}} {WHEN}, {{sick|disgusting}}, {SIGH}",
    f"{{is it true|heard}} about {{worms|maggots}} at lactelle in {PLACE}? {{never again|not for my kids}}, {SIGH}",
    f"des {{vers|asticots}} dans les yaourts lactelle, {QUI} à {PLACE} {{a tout jeté|n'en revient pas}} "
    f"{QUAND}, {SOUPIR}",
)


@pytest.fixture(scope="module")
def rumour() -> Scenario:
    """Somebody has made it up. By noon the dairy knows; it is repeated for another hour and a half."""
    s = Scenario("lactelle", days_of_ordinary_life=DAYS, **TEAMS)
    s.at("09:00").posts(140, brand="lactelle", over="3h", text=RUMOUR)
    s.at("09:20").ack(by="anna")
    s.at("11:30").grade("low", "made up: the picture is of 2016 and of another dairy", by="anna")
    s.at("12:00").posts(60, brand="lactelle", over="90m", text=RUMOUR)
    s.at("20:00").feedback("false", "nothing of it was true", by="anna")
    s.at("20:10").feedback("true", "customers did call", by="ben")
    s.at("20:20").feedback("false", "all the same", by="anna")
    return s


def test_a_rumour_that_was_made_up_is_graded_down_and_stays_down(rumour: Scenario) -> None:
    s = rumour
    versions = life(s, "lactelle")
    before = [one for one in versions if Change.GRADED not in changes(one)][-1]
    assert before.severity.at_least(Severity.MEDIUM) and "product" in kinds(before)
    after = [one for one in versions if Change.GRADED in changes(one)]
    assert len(after) >= 5 and {one.severity for one in after} == {Severity.LOW}
    graded = next(entry for entry in after[-1].timeline if entry.what is Change.GRADED)
    assert graded.by == "anna" and graded.text == "low: made up: the picture is of 2016 and of another dairy"
    assert "worse" not in [telling for at, telling, _ in s.told("pr/1") if at > s.moment("11:30")]


def test_two_people_judge_a_rumour_differently_and_each_is_heard_once(rumour: Scenario) -> None:
    last = life(rumour, "lactelle")[-1]
    assert {one.by: one.verdict.value for one in last.opinions} == {"anna": "false", "ben": "true"}
    assert [one.text for one in last.opinions if one.by == "anna"] == ["all the same"]
    assert last.state == "resolved" and changes(last).count(Change.CALMED) == 1


# ---------------------------------------------------------------------- 6. two stories in one evening

CARDS = (
    f"{SIGH}, corvo card {{refused|declined|dead}} at the {{till|pump|bakery|kiosk}} in {PLACE}, {WHO} "
    f"{{paid|had to pay}}",
    f"{WHO} {{stood|stands}} {WHEN} in a shop in {PLACE}: no corvo {{card|payment}} {{goes through|is accepted}}",
    f"{{anyone else|who else}} with a corvo card that {{fails|is refused}} at {{any|each}} terminal {WHEN}, {SIGH}",
    f"payment {{refused|declined}} {WHEN}, cart {{full|left}} in {PLACE}, {WHO} {{blushes|waits}}, {SIGH} corvo",
)
CARTES = (
    f"{SOUPIR}, carte corvo {{refusée|morte}} à la {{caisse|pompe|boulangerie}} à {PLACE}, {QUI} {{a "
    f"payé|attend}} {QUAND}",
    f"{QUI} {{bloqué|coincée}} {QUAND} dans un magasin à {PLACE} : aucune carte corvo ne {{passe|marche}}, {SOUPIR}",
    f"paiement refusé {QUAND}, caddie {{plein|abandonné}} à {PLACE}, {QUI} {{rougit|attend}}, {SOUPIR} corvo",
)
CHIEF = (
    f"{SIGH}, the corvo {{chairman|chief}} says {{poor|broke}} people should {{skip|stop}} coffee. {WHO} "
    f"{{is furious|quits}}",
    f"{{that|this}} radio interview {WHEN}: the {{chairman|chief}} of corvo {{sneers|laughs}} at "
    f"{{poor|modest}} people, {SIGH}",
    f"{WHO} {{cleans|cooks}} at night in {PLACE} and a corvo {{chairman|chief}} calls that {{lazy|careless}}, {SIGH}",
    f"{{apologise|resign}}, chairman! {{poor|modest}} people {{keep|feed}} corvo alive, {{says|so}} {WHO} "
    f"in {PLACE} {WHEN}",
)
PATRON = (
    f"{SOUPIR}, le {{PDG|président}} de corvo dit aux {{pauvres|modestes}} de sauter le café. {QUI} "
    f"{{enrage|part}} {QUAND}",
    f"{{cette|l'}} interview radio {QUAND} : le PDG de corvo {{ricane|rit}} des pauvres, {SOUPIR}, {QUI} "
    f"{{résilie|part}}",
    f"{QUI} fait des ménages à {PLACE} et le PDG de corvo la traite de {{paresseuse|dépensière}}, {SOUPIR}",
)


def evening(*stories: tuple[str, int, str, Sequence[str]], seed: int = 1, ends: str = "23:59") -> Scenario:
    """An afternoon of the bank with stories that begin then, of so many posts, over so long."""
    s = Scenario("corvo", days_of_ordinary_life=DAYS, seed=seed, **TEAMS)
    for start, count, over, texts in stories:
        s.at(start).posts(count, brand="corvo", over=over, text=texts)
    return s


def two(s: Scenario, brand: str = "corvo") -> tuple[Incident, Incident]:
    """The last words on the first and the second story, each over by itself."""
    found = [versions[-1] for versions in lives(s, brand)]
    assert len(found) == 2, [(one.id, one.why.titles["en"]) for one in found]
    first, second = found
    assert all(one.state == "resolved" and changes(one).count(Change.CALMED) == 1 for one in found)
    assert len(set(first.alerts) & set(second.alerts)) == 0
    return first, second


def excess(incident: Incident) -> float:
    return incident.why.observed - incident.why.expected


_OF_CARDS = {"card", "payment", "refused", "declined", "terminal", "cart"}
_OF_CHIEF = {"chairman", "chief", "people", "poor", "coffee", "interview", "radio"}


def is_of(incident: Incident, own: set[str], others: set[str]) -> bool:
    """Whether a signature tells one story and nothing of the other."""
    return len(own.intersection(incident.signature)) >= 3 and not others.intersection(incident.signature)


@pytest.mark.parametrize("seed", [1, 2])
def test_two_stories_of_one_afternoon_are_two_incidents(seed: int) -> None:
    s = evening(("12:00", 200, "3h", CARDS), ("12:45", 150, "2h", CHIEF), seed=seed)
    cards, chief = two(s)
    # The second is told as new, twenty-five minutes after its first post, in the middle of the wave of the first.
    assert tellings(s, "pr/1", chief)[0] == "new"
    assert s.moment("12:55") <= chief.opened_at <= s.moment("13:10") and chief.onset >= s.moment("12:45")
    # Whoever adds the two up has the afternoon; neither has the posts of the other.
    assert 145 <= chief.why.observed <= 160 and 180 <= excess(cards) <= 250
    assert is_of(chief, _OF_CHIEF, _OF_CARDS) and not _OF_CHIEF.intersection(cards.signature)
    assert "payment" in cards.why.titles["en"] and "chairman" in chief.why.titles["en"]
    assert tellings(s, "pr/1", cards)[-1] == tellings(s, "pr/1", chief)[-1] == "over"


def test_two_stories_of_one_afternoon_the_other_way_round() -> None:
    s = evening(("12:00", 200, "3h", CHIEF), ("12:45", 150, "2h", CARDS))
    chief, cards = two(s)
    assert 145 <= cards.why.observed <= 160 and 180 <= excess(chief) <= 250
    assert is_of(cards, _OF_CARDS, _OF_CHIEF) and not _OF_CARDS.intersection(chief.signature)
    assert "chairman" in chief.why.titles["en"] and "payment" in cards.why.titles["en"]


def test_the_second_story_of_an_afternoon_may_be_the_larger_one() -> None:
    s = evening(("12:00", 120, "3h", CARDS), ("12:45", 300, "3h", CHIEF))
    cards, chief = two(s)
    assert 290 <= chief.why.observed <= 312 and 100 <= excess(cards) <= 180
    assert is_of(chief, _OF_CHIEF, _OF_CARDS) and s.moment("12:50") <= chief.opened_at <= s.moment("13:05")
    assert chief.severity.at_least(Severity.MEDIUM)


def test_two_stories_in_two_languages_are_not_told_apart() -> None:
    # That is so, not as it should be: no words are shared between two languages, whatever they tell.
    s = evening(("12:00", 200, "3h", CARDS), ("12:45", 150, "2h", PATRON))
    (one,) = lives(s, "corvo")
    assert excess(one[-1]) > 330


def test_a_story_after_another_one_that_is_not_over_is_an_incident_of_its_own() -> None:
    # The card payments work again at one. At twenty past people hear the interview.
    s = evening(("12:00", 200, "1h", CARDS), ("13:20", 150, "2h", CHIEF))
    cards, chief = two(s)
    assert tellings(s, "pr/1", chief)[0] == "new" and chief.opened_at <= s.moment("13:45")
    assert 145 <= chief.why.observed <= 160 and is_of(chief, _OF_CHIEF, _OF_CARDS)
    assert excess(cards) < 260 and "payment" in cards.why.titles["en"]


def test_a_story_within_six_hours_of_another_one_that_is_over_is_an_incident_of_its_own() -> None:
    s = evening(("08:00", 60, "20m", CARDS), ("13:30", 80, "1h", CHIEF))
    cards, chief = two(s)
    assert cards.resolved_at is not None and cards.resolved_at < s.moment("13:30") < chief.opened_at
    assert cards.opened_at > chief.opened_at - timedelta(hours=6)
    assert tellings(s, "pr/1", chief)[0] == "new" and not _OF_CARDS.intersection(chief.signature)


# One story, and what may look like two.

CARDS_AT_FIRST = CARDS[:2]
CARDS_DETAILS = (
    f"{SIGH}, corvo says a {{software update|faulty update}} broke the {{cards|terminals}}, {WHO} "
    f"{{paid|waits}} {WHEN}",
    f"{{six hundred|thousands of}} corvo cards {{refused|blocked}} after that update, {SIGH}, {WHO} in {PLACE} too",
    f"card {{refused|declined}} {WHEN} because corvo {{tested|rolled out}} an update {{on payday|at rush "
    f"hour}}, {SIGH}",
)
CARDS_JOKES = (
    f"my corvo card and {{my ex|the cat}}: {{both|neither}} {{refused|declined}} {WHEN}, {SIGH}, {WHO} {{laughs|nods}}",
    f"corvo {{introduces|presents}} the card that {{saves|spares}} you money: {{declined|refused}} {WHEN} "
    f"#corvoff {SIGH}",
    f"{{knock knock|quiz}}: who {{pays|paid}} for lunch? not a corvo card, {{refused|declined}} {WHEN} #corvoff {SIGH}",
)


def test_one_story_that_changes_its_words_over_the_evening_stays_one_incident() -> None:
    s = evening(
        ("12:00", 90, "100m", CARDS_AT_FIRST), ("13:10", 110, "100m", CARDS_DETAILS), ("14:20", 130, "2h", CARDS_JOKES)
    )
    (versions,) = lives(s, "corvo")
    assert excess(versions[-1]) > 300 and changes(versions[-1]).count(Change.CALMED) == 1
    assert tellings(s, "pr/1").count("new") == tellings(s, "pr/1").count("over") == 1


def test_a_hashtag_that_comes_later_beside_the_old_words_is_the_same_story() -> None:
    tagged = [f"{text} #PayByShell" for text in CARDS]
    s = evening(("12:00", 100, "2h", CARDS), ("13:00", 140, "2h", tagged))
    (versions,) = lives(s, "corvo")
    assert excess(versions[-1]) > 220


def test_one_story_in_two_languages_is_one_incident() -> None:
    s = evening(("12:00", 120, "3h", CARDS), ("12:50", 120, "3h", CARTES))
    (versions,) = lives(s, "corvo")
    assert excess(versions[-1]) > 220 and tellings(s, "pr/1").count("new") == 1


# --------------------------------------------------------- 7. a launch, and what is not to be told

ACTIVATION = (
    f"{SIGH}, {{cannot|unable to}} activate my castor {{nine|phone}} {WHEN}, {WHO} {{neither|the same}} in {PLACE}",
    f"activation of the castor {{nine|phone}} {{stuck|hangs|spins}} at {{step two|90 percent}} {WHEN}, "
    f"{SIGH}, {WHO} waits",
    f"{WHO} {{queued|stood}} for a castor {{nine|phone}} and the activation {{fails|times out}} {WHEN}, "
    f"{SIGH} in {PLACE}",
)
FIRE = (
    f"{SIGH}, castor {{battery|charger}} {{caught fire|burst into flames}} {WHEN}, {WHO} {{burnt|hurt}} in {PLACE}",
    f"{{smoke|flames}} out of {{my|her|his}} castor {WHEN}, {WHO} {{threw|dropped}} it in {PLACE}, "
    f"battery {{exploded|overheated}}",
    f"castor batteries are {{a fire hazard|unsafe}}: {{smoke|fire}} {WHEN} in {PLACE}, {WHO} {{screamed|ran}}, {SIGH}",
)
TOPICS = [
    Topic(id="activation", words={"en": ["activate", "activation"], "fr": ["activer", "activation"]}),
    Topic(id="battery", words={"en": ["battery", "batteries", "charger"], "fr": ["batterie", "chargeur"]}),
]


def launch(*stories: tuple[str, int, str, Sequence[str]], until: str = "14:00", seed: int = 1) -> Scenario:
    """The day of a launch: that activation is slow is known, and nobody wants to be told before that hour."""
    s = Scenario("castor", days_of_ordinary_life=DAYS, topics=TOPICS, seed=seed, **TEAMS)
    window = Silence(
        comment="launch of the castor nine",
        brands=["castor"],
        topics=["activation"],
        start=s.moment("08:00"),
        until=s.moment(until),
    )
    s.watch.silences.append(window)
    for start, count, over, texts in stories:
        s.at(start).posts(count, brand="castor", over=over, text=texts)
    return s


@pytest.fixture(scope="module")
def launch_day() -> Scenario:
    return launch(("09:30", 240, "6h", ACTIVATION))


def test_during_a_launch_nobody_but_the_log_is_told_and_the_incident_is_there(launch_day: Scenario) -> None:
    s = launch_day
    versions = life(s, "castor")
    assert s.moment("09:30") < versions[0].opened_at < s.moment("10:10")
    assert s.told("log")[0] == (versions[0].opened_at, "new", versions[0].id)
    early = [one for one in [*s.told("pr/1"), *s.told("board/1")] if one.at < s.moment("14:00")]
    assert early == []
    silenced = [one for one in s.untold if one.result == "silenced"]
    assert silenced and all("launch of the castor nine" in one.text for one in silenced)
    assert s.negative("castor", "09:30", "14:00") > 170
    assert versions[-1].state == "resolved" and excess(versions[-1]) > 200


def test_what_is_still_on_when_the_launch_is_over_is_told_then(launch_day: Scenario) -> None:
    s = launch_day
    first, *more = s.told("pr/1")
    assert (first.at, first.telling) == (s.moment("14:00"), "new")
    assert more[-1].telling == "over"


def test_who_may_not_know_is_given_the_time_to_acknowledge_after_the_launch(launch_day: Scenario) -> None:
    board = launch_day.told("board/1")[0]
    assert (board.at, board.telling) == (launch_day.moment("14:20"), "escalated")


def test_what_is_over_before_the_launch_is_over_is_never_told() -> None:
    s = launch(("09:30", 120, "1h", ACTIVATION), until="23:00")
    assert life(s, "castor")[-1].state == "resolved"
    assert s.told("pr/1") == s.told("board/1") == [] and tellings(s, "log")[-1] == "over"


@pytest.fixture(scope="module")
def fire_at_launch() -> Scenario:
    return launch(("10:00", 120, "2h", FIRE))


def test_a_battery_that_burns_during_the_launch_is_told_at_once(fire_at_launch: Scenario) -> None:
    s = fire_at_launch
    versions = life(s, "castor")
    assert "product" in kinds(versions[-1])
    assert s.told("pr/1")[0] == (versions[0].opened_at, "new", versions[0].id)


def test_a_battery_that_burns_is_told_in_the_middle_of_the_wave_that_is_known() -> None:
    s = launch(("09:00", 200, "4h", ACTIVATION), ("10:00", 120, "2h", FIRE))
    _, fire = (versions[-1] for versions in lives(s, "castor"))
    assert "product" in kinds(fire)
    assert s.told("pr/1")[0] == (fire.opened_at, "new", fire.id) and fire.opened_at < s.moment("10:40")


# --------------------------------------------------------------------- 8. a group and its daughter

CANTEEN = (
    f"{SIGH}, valcour {{makes|has}} the {{cleaners|night shift}} of petitval {{pay|queue}} for water "
    f"{WHEN}, says {WHO}",
    f"{{no|not one}} break {WHEN}: {WHO} {{works|sweats}} at petitval in {PLACE}, valcour {{looks away|knows}}, {SIGH}",
    f"petitval {{locks|closes}} the {{staff|night}} toilets, valcour {{calls|finds}} that "
    f"{{fair|modern}}, {WHO} {{quit|cried}}",
)
BAD_SHOES = (
    f"{SIGH}, petitval {{shoes|boots}} {{fell apart|broken}} {WHEN}, sole {{gone|loose}}, {WHO} walks "
    f"barefoot in {PLACE}",
    f"sole of my petitval {{boots|shoes}} {{came apart|cracked}} {WHEN}, {WHO} {{glued|taped}} it, {SIGH}",
    f"{WHO} {{bought|got}} petitval {{boots|sandals}}: {{cheap quality|poor quality}}, sole {{split|off}} "
    f"{WHEN}, {SIGH}",
)


def group_and_daughter() -> Scenario:
    return Scenario(
        "valcour",
        "petitval",
        days_of_ordinary_life=DAYS,
        given={"petitval": {"group": "valcour"}},
        teams=[Team(id="group", name="Group"), Team(id="daughter", name="Daughter")],
        routes=[Route(teams=["group"], brands=["valcour"]), Route(teams=["daughter"], brands=["petitval"])],
    )


@pytest.fixture(scope="module")
def group() -> Scenario:
    """First of the group alone, then of both; in the evening of the shoes that the daughter sells."""
    s = group_and_daughter()
    tagged = [f"{text} #WaterForNights" for text in CANTEEN]
    s.at("09:00").posts(40, brand="valcour", over="20m", text=[one.replace("petitval", "its shops") for one in tagged])
    s.at("09:20").posts(140, brand="valcour", over="2h", text=tagged)
    s.at("19:00").posts(120, brand="petitval", over="2h", text=BAD_SHOES)
    return s


def test_a_story_of_group_and_daughter_is_the_groups(group: Scenario) -> None:
    s = group
    s.expect_alert("valcour", between=("09:00", "09:20"))
    s.expect_alert("petitval", between=("09:20", "09:40"))
    morning = lives(s, "petitval")[0][-1]
    assert tellings(s, "group/1")[0] == "new" and tellings(s, "group/1")[-1] == "over"
    assert tellings(s, "daughter/1", morning) == []
    assert any(one.result == "inhibited" and one.incident == morning.id for one in s.untold)


def test_another_story_of_the_daughter_is_her_own(group: Scenario) -> None:
    s = group
    assert len(lives(s, "valcour")) == 1
    _, shoes = (versions[-1] for versions in lives(s, "petitval"))
    assert tellings(s, "daughter/1", shoes)[0] == "new" and tellings(s, "group/1", shoes) == []
    assert "product" in kinds(shoes)


# ------------------------------------------------------------------------ 9. a source that is silent

FANS = ("acme {rocks|wins|sings} {today|again|for us}", "{love|thanks|well done} acme {you|team|friends}")


def without_fans(complaints: int = 0) -> Scenario:
    """Two in five posts are friendly and come by radio. That is silent from eight in the morning to three."""
    s = Scenario("acme", days_of_ordinary_life=DAYS, negative_per_hour=20, no_data_after="30m", **TEAMS)
    s.outage("radio", "08:00", "15:00")
    for hour in range(-24 * DAYS, 24):
        if not 8 <= hour < 15:
            friendly = s.at(f"{hour // 24:+}d {hour % 24:02}:00")
            friendly.posts(40, brand="acme", sentiment="positive", over="1h", source="radio", text=FANS)
    s.at("11:00").posts(complaints, brand="acme", over="90m")
    return s


def test_the_silence_of_the_friendly_source_fakes_no_alert() -> None:
    s = without_fans()
    s.expect_no_alert("acme")
    assert s.told("log") == []


def test_a_wave_while_the_friendly_source_is_silent_is_told_at_once() -> None:
    # It is not the share alone that is unusual: there are more complaints, of more people.
    s = without_fans(complaints=60)
    s.expect_alert("acme", between=("11:00", "11:40"))
    first = life(s, "acme")[0]
    assert first.doubt is None and s.told("pr/1")[0] == (first.opened_at, "new", first.id)


def back_online(*, over: str, count: int) -> Scenario:
    """Twitter is silent for two hours, is back at noon, and the complaints come at once."""
    s = Scenario("acme", days_of_ordinary_life=DAYS, no_data_after="30m", **TEAMS)
    s.outage("twitter", "10:00", "12:00")
    s.at("12:01").posts(count, brand="acme", over=over)
    return s


def test_a_wave_right_after_a_silence_is_told_when_it_turns_out_to_be_real() -> None:
    s = back_online(count=200, over="2h")
    versions = life(s, "acme")
    assert versions[0].opened_at < s.moment("12:15") and versions[0].doubt is not None
    assert "twitter is back since 12:0" in versions[0].doubt
    assert any(one.result == "inhibited" and one.text == versions[0].doubt for one in s.untold)
    # What a connector had kept comes within half an hour; this still comes after it.
    assert Change.SURE in changes(versions[-1])
    first = s.told("pr/1")[0]
    assert first.telling == "new" and s.moment("12:30") <= first.at <= s.moment("12:35")


WAITING = "@celcare celmar {no line|dead line|no signal} {since noon|for days|all week}, {hello?|help|anyone?}"


def cut_off(complain: str) -> Scenario:
    """The account answers within ten minutes. From ten to half past eleven nobody hears Twitter.

    Twelve people complain then, and nobody hears an answer.
    """
    s = Scenario(
        "celmar", days_of_ordinary_life=DAYS, answered_by="celcare", negative_per_hour=8, no_data_after="30m", **TEAMS
    )
    s.outage("twitter", "10:00", "11:30")
    for number in range(12):
        at = s.moment(complain) + timedelta(minutes=2 * number)
        s.at(f"{at:%H:%M}").post(brand="celmar", id=f"w{number}", author=f"w{number}", text=WAITING)
    return s


def test_answers_that_are_late_in_truth_are_told_when_nothing_speaks_against_it() -> None:
    s = cut_off("11:40")
    first, *_ = (one for one in s.incidents("celmar") if "response" in one.detectors)
    assert first.doubt is not None and "answers may be missing" in first.doubt
    told = s.told("pr/1")[0]
    # For two hours an answer of before may have been lost.
    assert (told.telling, told.incident) == ("new", first.id) and s.moment("13:30") <= told.at <= s.moment("13:45")


# ------------------------------------------------------------------------- what went wrong once


def test_an_answer_about_something_else_is_no_first_response_to_a_breakdown() -> None:
    s = Scenario(
        "mobilo",
        days_of_ordinary_life=DAYS,
        **MOBILO,
        **TEAMS,
    )
    s.at("08:10").posts(160, brand="mobilo", over="2h", text=NO_NETWORK)
    # The desk knows nothing yet and answers, as every morning, somebody who asks for a bill.
    s.at("08:30").post(
        brand="mobilo", id="bill", author="otto", text="@mobilocare my bill is wrong, charged twice in May"
    )
    s.answer("mobilo", "bill", s.moment("08:36"))
    s.at("09:00").post(brand="mobilo", id="lea", author="lea_k", text="@mobilocare no signal at all, is it only me?")
    s.answer("mobilo", "lea", s.moment("09:20"))
    last = life(s, "mobilo")[-1]
    assert last.first_response_at == s.moment("09:20")


def test_a_song_is_told_on_each_day_of_its_week(song: Scenario) -> None:
    assert tellings(song, "pr/1", lives(song, "aerolin")[0][-1]).count("reopened") == 6


def test_a_storm_after_the_song_is_another_incident(song: Scenario) -> None:
    s = song
    week, storm = (versions[-1] for versions in lives(s, "aerolin"))
    assert kinds(storm)[0] == "operations" and storm.opened_at > s.moment("+7d 10:00")
    assert tellings(s, "pr/1", storm)[0] == "new"
    assert week.resolved_at is not None and week.resolved_at < s.moment("+7d 00:00")


def test_one_link_that_is_passed_on_in_new_words_is_one_story() -> None:
    s = Scenario("aerolin", days_of_ordinary_life=DAYS, negative_per_hour=4, seed=2, **TEAMS)
    texts = [text.replace("{link}", LINK) for text in SONG]
    s.at("12:00").posts(160, brand="aerolin", over="4h", text=texts[:2])
    tune = texts[2].replace("ballad", "melody").replace("song", "tune")
    s.at("12:45").posts(160, brand="aerolin", over="3h", text=[texts[2], tune])
    assert excess(life(s, "aerolin")[-1]) > 290


def test_an_impostor_who_pauses_for_two_hours_is_one_incident_that_is_reopened() -> None:
    s = Scenario("corvobank", days_of_ordinary_life=DAYS, **TEAMS, **CORVOBANK)
    _mocks(s, every=120)
    versions = life(s, "corvobank")
    assert Change.REOPENED in changes(versions[-1])
    assert tellings(s, "pr/1").count("new") == 1


@pytest.mark.parametrize("start", ["14:10", "15:00"])
def test_a_story_more_than_an_hour_after_the_last_post_of_another_one_is_an_incident_of_its_own(start: str) -> None:
    s = evening(("12:00", 150, "1h", CARDS), (start, 150, "1h", CHIEF))
    cards, chief = two(s)
    assert tellings(s, "pr/1", chief)[0] == "new" and 135 <= excess(chief) <= 160
    assert excess(cards) < 220 and "payment" in cards.why.titles["en"]


def test_a_story_that_outlives_the_first_keeps_its_own_numbers() -> None:
    s = evening(("12:00", 200, "1h", CARDS), ("13:20", 150, "2h", CHIEF), seed=3)
    cards, chief = two(s)
    assert "chairman" in chief.why.titles["en"] and 145 <= chief.why.observed <= 165
    assert "payment" in cards.why.titles["en"]


def test_another_story_five_hours_later_does_not_reopen_the_first() -> None:
    s = evening(("08:00", 60, "20m", CARDS), ("13:30", 80, "1h", CHIEF), seed=2)
    cards, chief = two(s)
    assert cards.opened_at < chief.opened_at and tellings(s, "pr/1", chief)[0] == "new"


def test_a_second_story_takes_nothing_of_the_first() -> None:
    s = evening(("12:00", 120, "3h", CHIEF), ("12:45", 360, "2h", CARDS))
    _, cards = two(s)
    assert cards.onset >= s.moment("12:45") and 350 <= cards.why.observed <= 370
    assert not {"calls", "night", "cleans", "cooks", "lazy"}.intersection(cards.signature)


def test_no_post_of_the_second_story_is_counted_in_the_first_too() -> None:
    (alone,) = lives(evening(("12:00", 200, "3h", CARDS)), "corvo")
    cards, _ = two(evening(("12:00", 200, "3h", CARDS), ("12:45", 150, "2h", CHIEF)))
    assert abs(excess(cards) - excess(alone[-1])) <= 10


def test_a_small_second_story_is_found_once_and_told_whole() -> None:
    _, chief = two(evening(("12:00", 240, "3h", CARDS), ("13:00", 60, "1h", CHIEF), seed=2))
    assert len(chief.alerts) == 1 and 55 <= chief.why.observed <= 65


def test_a_battery_that_burns_is_told_though_somebody_speaks_of_activation_too() -> None:
    s = launch(("10:00", 120, "2h", FIRE), ("10:00", 3, "3m", ACTIVATION))
    first = life(s, "castor")[0]
    assert s.told("pr/1")[0] == (first.opened_at, "new", first.id)


def test_the_daughter_is_not_told_of_the_groups_story_only_because_hers_was_found_first() -> None:
    s = group_and_daughter()
    s.at("09:00").posts(140, brand="valcour", over="2h", text=CANTEEN)
    assert tellings(s, "group/1")[0] == "new" and s.told("daughter/1") == []


def test_the_daughter_is_not_told_of_a_story_of_which_only_the_groups_name_stands_out() -> None:
    s = group_and_daughter()
    alone = [text.replace("petitval", "its shops") for text in CANTEEN]
    s.at("09:00").posts(40, brand="valcour", over="20m", text=alone)
    s.at("09:20").posts(140, brand="valcour", over="2h", text=CANTEEN)
    assert tellings(s, "group/1")[0] == "new" and s.told("daughter/1") == []


def test_what_a_source_had_kept_is_never_told() -> None:
    s = back_online(count=60, over="8m")
    assert life(s, "acme")[0].doubt is not None
    assert s.told("pr/1") == []


def test_answers_that_nobody_heard_are_not_told_as_late() -> None:
    s = cut_off("09:36")
    assert s.told("pr/1") == []
