"""Giving commands as any client does: onto the topic `commands`, and what came of it from the topic `journal`."""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime
from typing import Final

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from detectors.commands import decode_command, encode_command
from detectors.errors import InvalidCommand, Unavailable
from detectors.model import Answer, Command, EndSilence, JournalEntry, Outcome, StartSilence
from streams.reading import POLL_MS, decoded, read_decoded, read_to_end, skip_to_end, topic_reader
from streams.settings import Settings

__all__ = ["give", "new_id", "read_journal", "read_silences"]

ANSWER_WITHIN_S = 15.0

_ENTRIES: Final[msgspec.json.Decoder[JournalEntry]] = msgspec.json.Decoder(JournalEntry)


def new_id() -> str:
    """A name for a command that no other has."""
    return uuid.uuid4().hex


async def give(settings: Settings, command: Command, *, within_s: float = ANSWER_WITHIN_S) -> Answer:
    """Give a command and wait for what it comes to.

    Raises:
        Unavailable: no broker, no topics, or no worker answered in time; the command may still be done then.
    """
    async with topic_reader(settings, "journal") as (consumer, partitions):
        await skip_to_end(consumer, partitions)
        producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, request_timeout_ms=10_000)
        await producer.start()
        try:
            value = encode_command(command)
            await producer.send_and_wait(settings.topic("commands"), value, key=command.brand.encode())
        except KafkaError as error:
            raise Unavailable(f"the command could not be given: {type(error).__name__}") from error
        finally:
            await producer.stop()
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                        for record in records:
                            entry = decoded(_ENTRIES, record.value)
                            if isinstance(entry, Answer) and entry.command == command.id:
                                return entry
        except TimeoutError:
            raise Unavailable(
                f"no answer within {within_s:g} s: is a worker running? What was asked for is done when one is"
            ) from None


async def read_silences(settings: Settings, now: datetime) -> list[StartSilence]:
    """The silences that people began and that are not over, the one that ends first first.

    Raises:
        Unavailable: no broker, no such topic, or it could not be read to its end in 30 s.
    """
    begun: dict[str, StartSilence] = {}
    answers = {one.command: one.outcome for one in await read_journal(settings) if isinstance(one, Answer)}

    def keep(value: bytes | None) -> None:
        try:
            command = decode_command(value)
        except InvalidCommand:
            return
        if answers.get(command.id) is not Outcome.DONE:
            return
        if isinstance(command, StartSilence):
            begun[command.id] = command
        elif isinstance(command, EndSilence):
            begun.pop(command.silence, None)

    async with topic_reader(settings, "commands") as (consumer, partitions):
        await read_to_end(consumer, partitions, keep)
    return sorted((one for one in begun.values() if one.until > now), key=lambda one: (one.until, one.id))


async def read_journal(settings: Settings) -> list[JournalEntry]:
    """What commands came to and what was sent to whom in the last 30 days, in order. Errors as of `read_decoded`."""
    found: list[JournalEntry] = []
    await read_decoded(settings, "journal", _ENTRIES, found.append)
    return sorted(found, key=lambda entry: entry.at)
