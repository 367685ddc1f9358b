"""A crisis as two people live it in the console, one in English, one in French; and Kafka that goes away."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Page, expect

from detectors.commands import decode_command
from detectors.model import Acknowledge, Answer, Incident, IncidentState, Outcome
from streams.broker import EmbeddedBroker
from streams.console.users import Role, Users
from support.browser import Surfer
from support.console import WATCHED, ConsoleProcess, tell
from support.kafka_io import read_topic
from support.kafka_server import KafkaServer
from support.live import learned, wave
from support.made_up import incident
from support.story import write_config
from support.worker import WorkerProcess

PASSWORD = "correct horse battery"
TEAMS = "people: [{id: anna, name: Anna Roux}, {id: ben, name: Ben Okri}]\nteams: [{id: pr, name: PR}]\n"


async def signed_in(surfer: Surfer, url: str, name: str, locale: str) -> Page:
    page = await surfer.open(url, locale=locale, viewport={"width": 1280, "height": 900})
    await page.fill("[name=name]", name)
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_be_visible()
    return page


@pytest.mark.timeout(240)
async def test_a_crisis_from_its_first_alert_to_its_place_in_history(
    embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path, surfer: Surfer
) -> None:
    users = Users(tmp_path / "users.json")
    for name, role in (("root", Role.ADMIN), ("anna", Role.ACT), ("ben", Role.ACT)):
        users.add(name, role, PASSWORD)
    env = {
        "BADBUZZ_BROKERS": embedded_broker.bootstrap,
        "BADBUZZ_PREFIX": prefix,
        "BADBUZZ_CONSOLE_USERS": str(users.path),
    }
    config = await learned(tmp_path, TEAMS, env)
    async with (
        WorkerProcess(embedded_broker.bootstrap, prefix, config, tmp_path, **env),
        ConsoleProcess(embedded_broker.bootstrap, prefix, config, tmp_path / "home", env=env) as console,
    ):
        anna = await signed_in(surfer, console.url, "anna", "en-GB")
        ben = await signed_in(surfer, console.url, "ben", "fr-FR")
        await expect(anna.get_by_text("All quiet: no incident is open.").first).to_be_visible()
        await expect(ben.get_by_text("Tout est calme").first).to_be_visible()

        # It appears by itself, on both pages.
        await wave(embedded_broker.bootstrap, prefix, text="Acme lost my suitcase")
        row = anna.locator("[data-incident]")
        await expect(row).to_be_visible(timeout=60_000)
        seen = time.time()
        (first, *_) = await read_topic(embedded_broker.bootstrap, f"{prefix}incidents", at_least=1)
        assert first.timestamp_ms is not None
        print(f"on the page {seen - first.timestamp_ms / 1000:.2f} s after the worker had told it")
        assert seen - first.timestamp_ms / 1000 < 10
        await expect(ben.locator("[data-incident]")).to_contain_text("personne")

        # Anna looks after it: Ben sees that, in his words.
        await row.get_by_role("button", name="Acknowledge").click()
        await expect(row).to_contain_text("Anna Roux")
        await expect(ben.locator("[data-incident]")).to_contain_text("pris en charge")
        await expect(ben.get_by_text("Chacun a quelqu'un.")).to_be_visible()

        # Both open it; Ben writes a note, does a step and gives it to himself.
        await row.get_by_role("link").click()
        await ben.locator("[data-incident] a").click()
        await expect(anna.get_by_text("Acme lost my suitcase").first).to_be_visible()
        await ben.get_by_label("Écrire une note").fill("Le magasin de Lyon l'a appelée")
        await ben.get_by_role("button", name="Ajouter la note").click()
        await expect(anna.get_by_text("Le magasin de Lyon l'a appelée")).to_be_visible()
        await ben.get_by_role("checkbox").first.click()
        await expect(anna.get_by_text("done by ben")).to_be_visible()
        await ben.get_by_role("button", name="Attribuer").click()
        dialog = ben.get_by_role("dialog")
        await dialog.get_by_role("combobox").click()
        await ben.get_by_role("option", name="Ben Okri").click()
        await dialog.get_by_role("button", name="Attribuer").click()
        await expect(anna.get_by_text("Ben Okri has it")).to_be_visible()

        # Anna silences it, and would resolve it; Ben was faster with something she has not seen.
        await anna.get_by_role("button", name="Silence").click()
        await anna.get_by_role("dialog").get_by_label("Why").fill("we know")
        await anna.get_by_role("dialog").get_by_role("button", name="Silence").click()
        await expect(ben.get_by_text("En silence jusqu'au")).to_be_visible()
        await expect(anna.get_by_text("Silenced until")).to_be_visible()
        await anna.get_by_role("button", name="Resolve").click()
        await ben.get_by_label("Écrire une note").fill("Pas encore !")
        await ben.get_by_role("button", name="Ajouter la note").click()
        await expect(anna.get_by_text("Pas encore !")).to_be_visible()
        await anna.get_by_role("dialog").get_by_role("button", name="Resolve").click()
        await expect(anna.get_by_text("Somebody was faster")).to_be_visible()
        await anna.get_by_role("button", name="Resolve").click()
        await anna.get_by_role("dialog").get_by_label("Why").fill("all found")
        await anna.get_by_role("dialog").get_by_role("button", name="Resolve").click()
        await expect(ben.get_by_role("button", name="Rouvrir")).to_be_visible()
        await anna.get_by_role("button", name="False alarm").click()
        await expect(ben.get_by_text("anna\u00a0: Fausse alerte")).to_be_visible()

        # It is found again by a word of a post, in both languages, at an address that stays.
        link = anna.url
        for page, word in ((anna, "suitcase"), (ben, "suitcase lyon")):
            await page.goto(f"{console.url}/history")
            await page.locator(".bb-find input").fill(word)
            await expect(page.locator(".bb-found")).to_have_count(1)
        await expect(ben.locator(".bb-found")).to_contain_text("Fausse alerte")
        await anna.goto(link)
        await expect(anna.get_by_text("Le magasin de Lyon l'a appelée")).to_be_visible()


async def test_while_kafka_is_away_a_banner_says_so_and_no_click_is_lost(
    kafka_broker: KafkaServer, prefix: str, tmp_path: Path, surfer: Surfer
) -> None:
    made = incident("bags", opened=datetime.now(UTC) - timedelta(minutes=9))
    await tell(kafka_broker.bootstrap, prefix, "incidents", [made])
    config = write_config(tmp_path, WATCHED)
    async with ConsoleProcess(kafka_broker.bootstrap, prefix, config, tmp_path / "home") as console:
        page = await surfer.open(console.url)
        row = page.locator('[data-incident="bags"]')
        await expect(row).to_be_visible()
        kafka_broker.pause()
        try:
            banner = page.get_by_role("alert").filter(has_text="Kafka does not answer")
            await expect(banner).to_be_visible(timeout=15_000)
            await row.get_by_role("button", name="Acknowledge").click()
            await expect(page.get_by_text("1 of your actions wait to be done")).to_be_visible()
        finally:
            kafka_broker.resume()
        await expect(banner).to_be_hidden(timeout=30_000)
        # What was clicked arrives; as the worker answers, the page shows it.
        (given,) = await read_topic(kafka_broker.bootstrap, f"{prefix}commands", at_least=1)
        command = decode_command(given.value)
        assert isinstance(command, Acknowledge) and command.incident == "bags"
        answer = Answer(command=command.id, brand="acme", incident="bags", outcome=Outcome.DONE, at=datetime.now(UTC))
        await tell(kafka_broker.bootstrap, prefix, "journal", [answer])
        await tell(kafka_broker.bootstrap, prefix, "incidents", [_acknowledged(made)])
        await expect(row).to_contain_text("Anna Roux")
        await expect(page.get_by_text("wait to be done")).to_be_hidden()


def _acknowledged(made: Incident) -> Incident:
    return msgspec.structs.replace(made, version=2, state=IncidentState.ACKNOWLEDGED, owner="anna")
