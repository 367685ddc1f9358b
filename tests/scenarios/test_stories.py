"""What kind of story a wave is: each as it happened in a known case, with made-up brands, people and texts.

And for each what looks like it and must not be called so.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from detectors.model import Alert, Incident, Story
from streams.notifiers.message import body
from support.explanations import part
from support.scenario import Scenario


def told(s: Scenario, brand: str) -> dict[str, Story]:
    """The kinds of the brand's newest incident, as last told, the plainest first."""
    stories = s.incidents(brand)[-1].why.stories
    assert all(story.share >= story.threshold and story.share == story.posts / story.of for story in stories)
    return {story.kind.value: story for story in stories}


def plainest(stories: dict[str, Story]) -> str:
    return next(iter(stories))


# ------------------------------------------------------------------------------- hijacked hashtag

MOCKERY = (
    "#BunburyMoments: {a hair|a plaster|my change|a fly} in my {burger|bun|fries}, {thanks a lot|so special|yum}",
    "my #bunburymoments was {food poisoning|a cold bun|the smell} in {Leeds|Lyon|Ghent}, {never|not once} again",
    "{worked|stood} there for {two|three|four} {summers|years}. {Do not ask|You do not want to know}. #bunburymoments",
    "#BunburyMoments is when the {till|grill|drive-in} {breaks|smokes|smells} and {nobody|the boss} {cares|laughs}",
)


def test_the_campaign_of_a_burger_chain_is_turned_against_it() -> None:
    s = Scenario("bunbury")
    # "Tell us your finest moments!" For an hour friends do. Then the others find the tag.
    s.at("11:00").posts(
        60, brand="bunbury", sentiment="positive", over="1h", text="bunbury, my #BunburyMoments with dad"
    )
    s.at("12:00").posts(160, brand="bunbury", over="2h", ramp=True, text=[f"bunbury {text}" for text in MOCKERY])
    s.expect_alert("bunbury", between=("12:00", "12:40"))
    stories = told(s, "bunbury")
    assert plainest(stories) == "hijacked-hashtag"
    hijacked = stories["hijacked-hashtag"]
    assert hijacked.subject == "#bunburymoments" and hijacked.posts == 160
    assert hijacked.facts["against"] > 0.9  # when it began the friends had gone home
    assert "rally" not in stories and "copy-paste" not in stories


def test_a_campaign_that_people_love_on_a_bad_day_is_not_hijacked() -> None:
    s = Scenario("bunbury")
    love = "{my|our} {sunny|lovely|first} {evening|bun|date} with bunbury #BunburyMoments"
    s.at("11:00").posts(300, brand="bunbury", sentiment="positive", over="3h", text=love)
    # The same afternoon the payment fails. Some put the tag behind it, since everybody does.
    s.at("12:00").posts(60, brand="bunbury", over="30m")
    s.at("12:00").posts(40, brand="bunbury", over="30m", text="bunbury {till|card|phone} {dead|asleep} #BunburyMoments")
    s.expect_alert("bunbury", between=("12:00", "12:20"))
    assert "hijacked-hashtag" not in told(s, "bunbury")


# ------------------------------------------------------------------ one link, conduct: the passenger

DRAGGED = (
    "norvia: they dragged {a doctor|a man|him} {off|out of} {his seat|the plane}, {see|watch} this {link}",
    "{sick|speechless|in tears}: {link} norvia {assaulted|humiliated} a {paying|calm} {man|guest} {on board|here}",
    "norvia {overbooks|cheats} and then {bullied|roughed up} {him|the man who paid} {link} {wow|shame|never again}",
)


DRAGGED_RT = "RT @seat_21d: norvia dragged a man out of his seat https://clips.example/v/8841"


def _with(link: str, texts: Sequence[str]) -> list[str]:
    return [text.replace("{link}", link) for text in texts]


def test_a_passenger_is_dragged_off_and_a_video_shows_it() -> None:
    s = Scenario("norvia")
    video = "https://clips.example/v/8841"
    s.at("11:05").post(brand="norvia", id="clip", author="seat_21d", text=_with(video, DRAGGED)[0])
    s.at("11:10").posts(140, brand="norvia", over="90m", ramp=True, text=_with(video, DRAGGED))
    s.at("11:20").posts(70, brand="norvia", over="90m", ramp=True, reposts_of="clip", text=DRAGGED_RT)
    s.at("11:30").posts(40, brand="norvia", over="90m")
    s.expect_alert("norvia", between=("11:10", "11:50"))
    stories = told(s, "norvia")
    assert stories["one-link"].subject == "clips.example/v/8841"
    assert 205 <= stories["one-link"].posts <= 211 and stories["one-link"].facts["authors"] > 100
    assert "conduct" in stories and "rally" not in stories  # reposts gather round nobody
    assert plainest(stories) == "one-link"


def test_articles_of_many_papers_are_not_one_link() -> None:
    s = Scenario("norvia")
    for number in range(24):
        paper = f"https://paper{number % 12}.example/norvia"
        s.at("11:10").posts(6, brand="norvia", over="90m", text=_with(paper, DRAGGED))
    stories = told(s, "norvia")
    assert "one-link" not in stories and "conduct" in stories


def test_one_who_posts_his_video_again_and_again_carries_nothing() -> None:
    s = Scenario("norvia")
    s.at("17:00").posts(60, brand="norvia", over="40m")
    for minute in range(40):
        link = "my guitar, norvia {smashed|broke} it https://clips.example/v/1"
        s.at(f"17:{minute:02}").post(brand="norvia", author="guitarist", text=link)
    assert "one-link" not in told(s, "norvia")


def test_a_song_about_a_broken_guitar_is_one_link_for_hours() -> None:
    s = Scenario("norvia")
    song = "https://clips.example/song"
    text = (
        "norvia {breaks|broke} guitars, {what a|best} song {link}",
        "{humming|singing} this at the norvia gate {link}",
    )
    s.at("08:00").posts(240, brand="norvia", over="6h", ramp=True, text=_with(song, text))
    assert plainest(told(s, "norvia")) == "one-link"


# ----------------------------------------------------------------------------- rally, operations

DELAYED = (
    "norvia {hour|night} {two|three|nine} {at|in} {the gate|Lyon|the dark}, {every flight|ours} {delayed|cancelled}",
    "{delayed|cancelled} again, norvia, {no beds|no water|no word} for {us|the children} {here|in Ghent|at gate 9}",
    "norvia {vol|avion} en retard de {deux|six} heures, {aucune nouvelle|personne}, {on|bébé} {dort|attend} par terre",
)
FOR_HER = (
    "norvia, {help|answer} @Ines_with_two {now|at last}, {her baby|the little one} {needs|has no} {milk|a bed}",
    "reading what norvia {does|did} to @Ines_with_two {and I cry|makes me furious}, {two|three} nights {delayed|there}",
    "{I am with|bring home} @ines_with_two, norvia. {Shame|A mother alone|Find her a seat}, {tonight|today}",
)


def test_an_airlines_delays_rally_around_one_mother() -> None:
    s = Scenario("norvia")
    s.at("10:00").posts(150, brand="norvia", over="3h", text=DELAYED)
    s.at("20:30").post(
        brand="norvia", author="Ines_with_two", id="ines", text="norvia: night two on the floor with my baby"
    )
    s.at("10:40").posts(90, brand="norvia", over="2h", ramp=True, text=FOR_HER)
    this = "norvia {look|read} {this|here}, {heartless|cold} {people|firm}"
    s.at("11:00").posts(30, brand="norvia", over="90m", text=this, quote_of="ines", quoted_author="Ines_with_two")
    s.expect_alert("norvia", between=("10:00", "11:00"))
    stories = told(s, "norvia")
    assert stories["rally"].subject == "ines_with_two"
    assert stories["rally"].posts == 120 and stories["rally"].facts["authors"] > 60
    assert "operations" in stories


def test_delays_of_which_everybody_tells_a_friend_are_no_rally() -> None:
    s = Scenario("norvia")
    for number in range(80):
        s.at("20:00").posts(2, brand="norvia", over="3h", text=[f"@friend_{number} {text}" for text in DELAYED[:2]])
    stories = told(s, "norvia")
    assert "rally" not in stories and plainest(stories) == "operations"


def test_three_who_argue_with_one_are_no_rally() -> None:
    s = Scenario("norvia")
    s.at("20:00").posts(50, brand="norvia", over="1h")
    s.at("20:00").posts(
        60, brand="norvia", over="1h", authors=3, text=["norvia is {bad|cheap}, @otto, {you|and you} {know|lie}"]
    )
    assert "rally" not in told(s, "norvia")


# --------------------------------------------------------------------------------------- impostor

BANK = {"corvobank": {"official_accounts": {"twitter": ["corvobank"]}}}


def _answers(s: Scenario, at: str, author: str, customer: str, **fields: str) -> None:
    text = f"@{customer} corvobank is sorry! Send us your card number by message and we help you."
    s.at(at).post(brand="corvobank", sentiment="neutral", author=author, text=text, **fields)  # type: ignore[arg-type]


def _impostors(s: Scenario) -> list[Alert]:
    return [alert for alert in s.firings("corvobank") if alert.detector == "impostor"]


def test_a_stranger_answers_customers_in_the_banks_name() -> None:
    s = Scenario("corvobank", given=BANK)
    _answers(s, "10:15", "corvobank_help", "anna_p", reply_to="p7")
    _answers(s, "10:35", "corvobank_help", "ben")
    # No surge: two friendly posts on a quiet morning.
    alert = s.expect_alert("corvobank", between=("10:15", "10:15"), detector="impostor", onset=("10:15", "10:15"))
    assert len(s.firings("corvobank")) == 1
    assert alert.id == "corvobank-impostor-20260309T1015Z"
    assert alert.score.exceeds and alert.score.observed == 1
    (story,) = alert.why.stories
    assert (story.kind.value, story.subject, story.posts) == ("impostor", "corvobank_help", 1)
    first = alert.why.first_post
    assert first is not None and first.author == "corvobank_help" and "card number" in first.text
    # It is over an hour after the last of them, and says how many there were.
    incident = s.expect_incident("corvobank", alerts=1)[-1]
    assert incident.resolved_at == s.moment("11:36")
    assert incident.why.stories[0].posts == 2 and len(incident.why.top_posts) == 2
    assert "card number" in body(incident)


FOOLED = "{beware|careful}, @{who} is not corvobank: {asked|wanted} {my card number|my PIN} {today|just now}"


def test_an_impostor_of_whom_customers_speak_joins_the_incident() -> None:
    s = Scenario("corvobank", given=BANK)
    fooled = FOOLED.replace("{who}", "corvobank_care")
    s.at("09:00").posts(80, brand="corvobank", over="40m", text=[*OUTAGE, fooled])
    _answers(s, "09:30", "corvobank_care", "anna_p")
    s.expect_alert("corvobank", between=("09:00", "09:10"))
    alert = s.expect_alert("corvobank", between=("09:30", "09:30"), detector="impostor")
    assert alert.why.observed > 40  # the numbers of the wave stay
    incident = s.expect_incident("corvobank", alerts=2)[-1]
    assert incident.why.observed >= 80 and incident.signals
    kinds = {story.kind.value for story in alert.why.stories}
    assert kinds >= {"impostor", "operations"}


def test_an_impostor_beside_another_story_is_an_incident_of_his_own() -> None:
    s = Scenario("corvobank", given=BANK)
    s.at("09:00").posts(80, brand="corvobank", over="40m", text="corvobank {robs|robbed} me {of 90|of 200|today}")
    _answers(s, "09:30", "corvobank_care", "anna_p")
    s.expect_incident("corvobank", of=2)
    versions = s.incidents("corvobank")
    first, second = dict.fromkeys(version.id for version in versions)
    assert (first.split("-")[2], second.split("-")[2]) == ("surge", "impostor")
    kinds = {one.id: {story.kind.value for story in one.why.stories} for one in versions}
    assert "impostor" not in kinds[first] and kinds[second] == {"impostor"}


def test_a_wave_that_speaks_of_an_impostor_joins_his_incident_and_shows_how_large_it_is() -> None:
    s = Scenario("corvobank", given=BANK)
    _answers(s, "09:00", "corvobank_help", "anna_p")
    fooled = FOOLED.replace("{who}", "corvobank_help")
    s.at("09:20").posts(80, brand="corvobank", over="40m", text=fooled)
    surge = s.expect_alert("corvobank", between=("09:20", "09:40"))
    assert {"impostor"} <= {story.kind.value for story in surge.why.stories}
    versions = s.expect_incident("corvobank", alerts=2)
    joined = next(version for version in versions if len(version.alerts) == 2)
    assert joined.threshold == surge.score.threshold and joined.peak_surprise == surge.score.surprise
    assert versions[-1].why.observed >= 80


@pytest.mark.parametrize(
    "author, text",
    [
        ("corvobank_fans", "corvobank is the best bank of all"),  # speaks to nobody
        ("corvobank", "@anna_p corvobank is sorry, we look into it"),  # is the bank
        ("anna_p", "@ben corvobank does not answer me either"),  # looks like nobody
    ],
)
def test_fans_customers_and_the_bank_itself_are_no_impostors(author: str, text: str) -> None:
    s = Scenario("corvobank", given=BANK)
    for hour in range(9, 18):
        s.at(f"{hour:02}:10").post(brand="corvobank", sentiment="neutral", author=author, text=text)
    assert _impostors(s) == [] and s.incidents("corvobank") == []


def test_what_the_bank_says_is_no_mention_of_it() -> None:
    s = Scenario("corvobank", given=BANK)
    apology = "corvobank {apologises|is sorry} for the {outage|wait}"
    for hour in (10, 11, 12):
        for minute in range(0, 60, 2):
            s.at(f"{hour}:{minute:02}").post(brand="corvobank", author="corvobank", text=apology)
    s.expect_no_alert("corvobank")
    assert s.negative("corvobank", "10:00", "13:00") < 40


# ------------------------------------------------------------------- operations, product, advertising

OUTAGE = (
    "corvobank app is down {again|since seven|for hours}, {cannot log in|no way to pay} {at the till|for lunch}",
    "{outage|panne} at corvobank: {my card|every card} {refused|declined} {in Lyon|at the pump|in front of everyone}",
    "corvobank en panne, impossible de {payer|se connecter} {depuis sept heures|ce matin}, {merci|bravo} {pour rien|!}",
    "{is it only me or|why} the corvobank app crashes? {salary|rent} {not there|stuck} {today|on the first}",
)


def test_a_banks_app_is_down() -> None:
    s = Scenario("corvobank")
    s.at("07:05").posts(120, brand="corvobank", over="50m", text=OUTAGE)
    s.at("07:05").posts(20, brand="corvobank", over="50m")
    first = s.expect_alert("corvobank", between=("07:05", "07:15"))
    # It says so at once, not when the morning is over.
    assert [story.kind.value for story in first.why.stories] == ["operations"]
    assert plainest(told(s, "corvobank")) == "operations"


def test_a_new_fee_is_no_outage() -> None:
    s = Scenario("corvobank")
    fee = (
        "corvobank {takes|wants|charges|grabs} {five|seven|nine|ten} a month {for nothing|since May|out of the blue}, "
        "{I leave|thieves|how dare they|my sister closed hers} {today|now|already|and so will I}"
    )
    s.at("07:05").posts(120, brand="corvobank", over="50m", text=fee)
    assert told(s, "corvobank") == {}


def test_a_threshold_of_ones_own() -> None:
    s = Scenario("corvobank", given={"corvobank": {"stories": {"operations": 0.95}}})
    s.at("07:05").posts(80, brand="corvobank", over="50m", text=OUTAGE)
    s.at("07:05").posts(20, brand="corvobank", over="50m")
    assert told(s, "corvobank") == {}


AD = (
    "the new fizzola {ad|commercial} is {an insult|tone deaf}: {a can|a drink} {ends|solves} a {protest|war}? {wow|no}",
    "who {approved|wrote} that fizzola {advert|campaign}, {really|seriously}? {police|tears} {and|for} {bubbles|sugar}",
    "{votre pub|cette pub} fizzola est {indigne|une insulte}, {retirez-la|stop} {tout de suite|ce soir}",
)


def test_a_tone_deaf_advert() -> None:
    s = Scenario("fizzola")
    s.at("19:00").posts(150, brand="fizzola", over="90m", ramp=True, text=AD)
    stories = told(s, "fizzola")
    assert plainest(stories) == "advertising" and "product" not in stories and "operations" not in stories


RECALL = (
    "a fizzola recall: {glass|metal} in my {bottle|can} of batch 7, {my son|we} {drank|opened} {one|it} {today|now}",
    "the {bottle|cap} is {broken|cracked}, fizzola, and {a piece|grit} {inside|in my mouth}. {Help|Stop} {us|it}",
    "{éclats de verre|bout de métal} dans ma bouteille fizzola, {dangereux|un scandale}, {rappelez tout|lot 7}",
)


def test_a_recall() -> None:
    s = Scenario("fizzola")
    s.at("10:00").posts(150, brand="fizzola", over="2h", ramp=True, text=RECALL)
    stories = told(s, "fizzola")
    assert plainest(stories) == "product" and "advertising" not in stories


# -------------------------------------------------------------------------------------- unanswered

TELECOM = (
    "@celcare celmar {no line|dead line|no signal} {since|for} {noon|days|a week} {in Lyon|at home}, {hello?|help}",
    "@celcare {third|fifth|tenth} {message|call}, celmar, {no answer|silence}. {Anyone there|Do you read this}?",
    "@celcare {ma ligne|ma box} celmar {coupée|morte} depuis {lundi|hier}, {une réponse|un mot} {svp|enfin}?",
)


def test_a_telecom_whose_account_does_not_answer() -> None:
    # On other days it answers within some ten minutes.
    s = Scenario("celmar", answered_by="celcare", negative_per_hour=8)
    s.at("09:00").posts(240, brand="celmar", over="3h", text=TELECOM)
    first = s.expect_alert("celmar", between=("09:00", "09:30"))
    assert all(story.kind.value != "unanswered" for story in first.why.stories)  # nobody has waited for long yet
    stories = told(s, "celmar")
    unanswered = stories["unanswered"]
    assert unanswered.facts["waiting"] == unanswered.posts >= 200
    assert unanswered.facts["longest_minutes"] > 180
    assert 6 < unanswered.facts["usual_minutes"] < 14


def test_the_same_wave_with_an_answer_to_each() -> None:
    s = Scenario("celmar", answered_by="celcare", negative_per_hour=8)
    s.at("09:00").posts(120, brand="celmar", over="3h", text=TELECOM, answered_after="11m")
    s.expect_alert("celmar", between=("09:00", "09:30"))
    assert "unanswered" not in told(s, "celmar")


def test_a_brand_that_never_answers_begins_no_story_by_that() -> None:
    # Its account says good morning to all and answers nobody, this day as any other.
    s = Scenario("celmar", given={"celmar": {"official_accounts": {"twitter": ["celcare"]}}})
    for day in range(-6, 1):
        s.at(f"{day:+}d 08:00").post(brand="celmar", sentiment="neutral", author="celcare", text="Good morning!")
        for hour in range(9, 18):
            s.at(f"{day:+}d {hour:02}:20").posts(1, brand="celmar", text=f"@celmar {TELECOM[hour % 3][9:]}")
    s.at("09:00").posts(120, brand="celmar", over="3h", text=[f"@celmar {text[9:]}" for text in TELECOM])
    s.expect_alert("celmar", between=("09:00", "09:30"))
    assert "unanswered" not in told(s, "celmar")


def test_complaints_that_speak_of_the_brand_and_not_to_it_wait_for_nothing() -> None:
    s = Scenario("celmar", answered_by="celcare", negative_per_hour=8)
    s.at("09:00").posts(120, brand="celmar", over="3h")
    assert "unanswered" not in told(s, "celmar")


# ------------------------------------------------------------------------------ brigade, copy-paste

LETTER = (
    "lumosoap pays for the show of a man who {mocks|mocked} our veterans every night. Until they drop him I will not "
    "buy one more bar of their soap, and neither will my family. Copy and post this {today|now|}{!|.|}"
)
SLOGANS = (
    "Drop him now lumosoap, {we|our families} will remember {this|that} when we {shop|pay} next {week|month}",
    "lumosoap pays a man who hates us, think of that in the {shower|bath} tonight, {friends|all of you}",
    "No veteran will {ever|again} buy lumosoap, my {father|brother} threw his away this morning",
)


def test_a_brigade_against_the_sponsor_of_a_television_host() -> None:
    s = Scenario("lumosoap")
    # Forty accounts made last week, each with the same letter and three slogans, all evening.
    for number in range(40):
        account = {"author_since": "6d"}
        for place, text in enumerate((LETTER, *SLOGANS, LETTER)):
            at = s.at(f"{10 + place // 3}:{(number + 20 * place) % 60:02}:{number % 7 + 10}")
            at.post(brand="lumosoap", author=f"patriot{number}", text=text, **account)  # type: ignore[arg-type]
    stories = told(s, "lumosoap")
    assert plainest(stories) == "brigade"
    assert stories["brigade"].facts["young"] == 200
    assert stories["copy-paste"].posts >= 70
    last = s.expect_incident("lumosoap")[-1].why
    assert part(last, "kind", "copies").observed > 150 > part(last, "kind", "originals").observed


def test_a_letter_that_customers_pass_on_is_copied_and_no_brigade() -> None:
    s = Scenario("lumosoap")
    s.at("10:00").posts(150, brand="lumosoap", over="2h", text=LETTER)
    stories = told(s, "lumosoap")
    assert plainest(stories) == "copy-paste" and "brigade" not in stories
    assert stories["copy-paste"].posts >= 140


def test_many_who_say_the_same_in_words_of_their_own_copy_nothing() -> None:
    s = Scenario("lumosoap")
    s.at("10:00").posts(150, brand="lumosoap", over="2h", authors=100_000)
    stories = told(s, "lumosoap")
    assert stories == {}


def test_few_accounts_with_many_posts_each_are_a_brigade_whatever_they_write() -> None:
    s = Scenario("lumosoap")
    s.at("10:00").posts(200, brand="lumosoap", over="2h", authors=20)
    brigade = told(s, "lumosoap")["brigade"]
    assert brigade.facts["authors"] < 60 and brigade.facts["beyond_two"] > 120


def test_accounts_that_post_within_the_same_seconds_are_a_brigade() -> None:
    s = Scenario("lumosoap")
    for minute in range(0, 60, 4):
        s.at(f"10:{minute:02}:20").posts(12, brand="lumosoap", over="3s", authors=100_000)
    brigade = told(s, "lumosoap")["brigade"]
    assert brigade.facts["in_step"] == 180


def test_a_crowd_at_the_whistle_is_in_no_step() -> None:
    s = Scenario("lumosoap")
    s.at("21:00").posts(400, brand="lumosoap", over="4m", authors=100_000)
    assert "brigade" not in told(s, "lumosoap")


def test_a_source_that_knows_only_minutes_is_in_no_step() -> None:
    s = Scenario("lumosoap")
    for minute in range(20):
        for _ in range(8):
            s.at(f"10:{minute:02}").posts(1, brand="lumosoap", over="0s", source="forum", authors=100_000)
    assert "brigade" not in told(s, "lumosoap")


# ------------------------------------------------------------------------------------------- rival

RIVALS = {"castor": {"competitors": ["pollux"]}}
JOKE = (
    "@pollux {just ended|roasted} castor, {I cannot|crying}: 'ours {fold|bend} only {on purpose|in yoga}'",
    "castor phones {bend|bent}, and @pollux {offers|sends} {mats|spoons}. {Brutal|Game over|Ouch}, {poor|no} castor",
    "{switching to|going to} pollux {today|tomorrow}, my castor {bent|folded} in {my pocket|the car}. {Bye|Enough}",
)


def test_a_rival_makes_a_joke_of_it() -> None:
    s = Scenario("castor", newcomers=["pollux"], given=RIVALS)
    s.at("15:00").posts(60, brand="castor", over="2h")
    s.at("15:30").posts(90, brand="castor", over="90m", ramp=True, text=JOKE)
    s.expect_alert("castor", between=("15:00", "15:50"))
    stories = told(s, "castor")
    assert stories["rival"].subject == "pollux" and stories["rival"].posts == 90
    assert "rally" not in stories  # the rival's own account is nobody's cause


def test_some_always_say_that_they_go_to_the_rival() -> None:
    s = Scenario("castor", newcomers=["pollux"], given=RIVALS)
    s.at("15:00").posts(90, brand="castor", over="2h")
    s.at("15:00").posts(14, brand="castor", over="2h", text=JOKE[2])
    assert "rival" not in told(s, "castor")


def test_a_rival_that_is_named_on_any_other_day_is_no_story() -> None:
    s = Scenario("castor", newcomers=["pollux"], given=RIVALS, negative_per_hour=1.5)
    for day in range(-6, 1):
        for hour in range(8, 20):
            s.at(f"{day:+}d {hour:02}:30").posts(2, brand="castor", over="20m", text=JOKE[2])
    s.at("15:00").posts(60, brand="castor", over="2h")
    s.at("15:00").posts(60, brand="castor", over="2h", text=JOKE[2])
    assert "rival" not in told(s, "castor")


# ------------------------------------------------------------------------------------ all of them


def test_every_alert_and_every_version_carries_its_kinds() -> None:
    s = Scenario("corvobank")
    s.at("07:05").posts(300, brand="corvobank", over="2h", ramp=True, text=OUTAGE)
    versions: list[Incident] = s.expect_incident("corvobank")
    assert len(versions) >= 4
    assert all("operations" in {story.kind.value for story in version.why.stories} for version in versions)
    alerts = [alert for alert in s.replay.alerts if alert.brand == "corvobank"]
    assert [alert.state.value for alert in alerts] == ["firing", "resolved"]
    assert all(alert.why.stories for alert in alerts)
