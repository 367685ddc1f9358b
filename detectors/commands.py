"""From the bytes of the topic `commands` to what is done: the second way into the brain, beside `intake.py`."""

from __future__ import annotations

import msgspec

from detectors.errors import InvalidCommand, Reason
from detectors.model import COMMAND_SCHEMA, AnyCommand, Command

__all__ = ["decode_command", "encode_command"]

_decode = msgspec.json.Decoder(AnyCommand).decode


class _Head(msgspec.Struct):
    """What can be read of a command of any age."""

    id: str = ""
    schema: int = COMMAND_SCHEMA


def encode_command(command: Command) -> bytes:
    """A command as its topic carries it."""
    return msgspec.json.encode(command)


def decode_command(value: bytes | None) -> AnyCommand:
    """One command from its JSON; fields that are not known are ignored, those of a later day have a default.

    Raises:
        InvalidCommand: with the reason, what was expected, and the command's id where it could be read.

    >>> done = decode_command(b'{"action": "acknowledge", "id": "c1", "brand": "acme", "incident": "i1", "by": "anna"}')
    >>> type(done).__name__, done.by
    ('Acknowledge', 'anna')
    """
    if value is None:
        raise InvalidCommand(Reason.NULL_RECORD, "the record has no value")
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise InvalidCommand(Reason.NOT_UTF8, str(error)) from None
    try:
        head = msgspec.json.decode(value, type=_Head)
    except msgspec.ValidationError as error:
        raise InvalidCommand(Reason.WRONG_TYPE, str(error)) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidCommand(Reason.NOT_JSON, str(error)) from None
    if head.schema > COMMAND_SCHEMA:
        newer = f"of a newer client (schema {head.schema}); this badbuzz knows {COMMAND_SCHEMA}: update it"
        raise InvalidCommand(Reason.BAD_VALUE, newer, command=head.id)
    try:
        command: AnyCommand = _decode(value)
        # As it is carried on: a date may be one that UTC does not have.
        command = msgspec.msgpack.decode(msgspec.msgpack.encode(command), type=AnyCommand)
    except OverflowError as error:
        raise InvalidCommand(Reason.BAD_VALUE, str(error), command=head.id) from None
    except msgspec.ValidationError as error:
        message = str(error)
        reason = Reason.MISSING_FIELD if "missing required field" in message else Reason.WRONG_TYPE
        raise InvalidCommand(reason, message, command=head.id) from None
    return command
