"""`badbuzz users`: who may use the console, and tokens of programs."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from detectors.errors import InputError
from streams.cli.terminal import moment, note, print_table

if TYPE_CHECKING:
    from streams.console.users import Role, Users
    from streams.settings import Settings

__all__ = ["add", "app", "list_", "password", "remove", "revoke", "role", "token"]

app = typer.Typer(no_args_is_help=True, help="Say who may use the console.")


@app.callback()
def _users() -> None:
    """Say who may use the console. Consoles that run see a change at once; run it as the user who runs them."""


File = Annotated[
    Path | None,
    typer.Option("--users", metavar="FILE", help="The users file; else BADBUZZ_CONSOLE_USERS."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Who.")]
RoleOption = Annotated[
    str, typer.Option("--role", metavar="ROLE", help="read: look; act: handle incidents; admin: say who may do what.")
]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin, and do not ask.")
]


@app.command(
    epilog="Examples:\n\nbadbuzz users add anna --role admin --users users.json\n\n"
    "badbuzz users add ben --role act --lang fr --password-stdin < password.txt\n\n"
    "badbuzz users add carol --role act --no-password"
)
def add(
    name: Name,
    role: RoleOption,
    lang: Annotated[
        Literal["en", "fr"] | None, typer.Option(metavar="LANG", help="en or fr; else as the browser says.")
    ] = None,
    password_stdin: FromStdin = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Somebody who only comes by the reverse proxy.")
    ] = False,
    users: File = None,
) -> None:
    """Add a user; asks for the password."""
    if password_stdin and no_password:
        raise InputError("--password-stdin and --no-password: expected one of them")
    where = _settings(users)
    wanted, book = _role(role), _open(where)
    if book.read().user(name) is not None:
        raise InputError(f"{name}: there is a user of this name")
    secret = None if no_password else _password(password_stdin)
    with _noted(where, "user added", f"{name}: {wanted}"):
        book.add(name, wanted, secret, lang)
    note(f"{name} may {wanted}.")


@app.command(
    "list", epilog="Examples:\n\nbadbuzz users list\n\nbadbuzz users list --users /etc/badbuzz/users.json --json"
)
def list_(
    users: File = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, without what is secret.")] = False,
) -> None:
    """List users and tokens."""
    import msgspec

    book = _open(_settings(users)).read()
    people = [(one.name, one.role, one.lang, one.password is not None) for one in book.users]
    if json:
        listed = {
            "users": [
                {"name": name, "role": role, "lang": lang, "password": known} for name, role, lang, known in people
            ],
            "tokens": [
                {"name": one.name, "role": one.role, "created": one.created, "by": one.by} for one in book.tokens
            ],
        }
        sys.stdout.buffer.write(msgspec.json.encode(listed) + b"\n")
        return
    if not people:
        typer.echo("There are no users. Make one: badbuzz users add NAME --role admin")
    else:
        rows = [
            (name, role, lang or "-", "yes" if known else "by the proxy only") for name, role, lang, known in people
        ]
        print_table("Users", ["name", "role", "language", "password"], rows)
    if book.tokens:
        made = [(one.name, one.role, moment(one.created), one.by) for one in book.tokens]
        print_table("Tokens", ["name", "role", "made", "by"], made)


@app.command(epilog="Examples:\n\nbadbuzz users remove ben")
def remove(name: Name, users: File = None) -> None:
    """Remove a user; whoever has signed in so is out at once."""
    where = _settings(users)
    with _noted(where, "user removed", name):
        _open(where).remove(name)
    note(f"{name} is no user any more.")


@app.command(epilog="Examples:\n\nbadbuzz users password ben")
def password(name: Name, password_stdin: FromStdin = False, users: File = None) -> None:
    """Give a user another password; whoever has signed in with the old one is out at once."""
    where = _settings(users)
    book = _open(where)
    book.read().known(name)
    secret = _password(password_stdin)
    with _noted(where, "password changed", name):
        book.set_password(name, secret)
    note(f"{name} has another password.")


@app.command(epilog="Examples:\n\nbadbuzz users role ben admin")
def role(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="read, act or admin.")],
    users: File = None,
) -> None:
    """Give a user another role."""
    where = _settings(users)
    wanted = _role(role)
    with _noted(where, "role changed", f"{name}: {wanted}"):
        _open(where).set_role(name, wanted)
    note(f"{name} may {wanted}.")


@app.command(epilog="Examples:\n\nbadbuzz users token grafana --role read")
def token(name: Name, role: RoleOption, users: File = None) -> None:
    """Make a token for a program and print it; nobody can read it again."""
    from datetime import UTC, datetime

    from streams.console.private import local_user

    where = _settings(users)
    wanted = _role(role)
    with _noted(where, "token made", f"{name}: {wanted}"):
        secret = _open(where).make_token(name, wanted, local_user(), datetime.now(UTC))
    typer.echo(secret)
    note("Keep it: it is shown this once. Programs send it so: Authorization: Bearer bb_...")


@app.command(epilog="Examples:\n\nbadbuzz users revoke grafana")
def revoke(name: Name, users: File = None) -> None:
    """End a token."""
    where = _settings(users)
    with _noted(where, "token revoked", name):
        _open(where).revoke_token(name)
    note(f"{name} is no token any more.")


def _settings(users: Path | None) -> Settings:
    from streams.settings import load_settings

    where = load_settings(console_users=users)
    if where.console_users is None:
        raise InputError("no users file; name one with --users FILE, or in BADBUZZ_CONSOLE_USERS")
    return where


def _open(where: Settings) -> Users:
    from streams.console.users import Users

    assert where.console_users is not None
    return Users(where.console_users)


def _role(name: str) -> Role:
    from streams.console.users import Role

    if name not in list(Role):
        raise InputError(f"{name}: no such role; expected one of: {', '.join(Role)}")
    return Role(name)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        try:
            return sys.stdin.buffer.readline().decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise InputError("stdin: no UTF-8; expected a password on one line") from None
    if not sys.stdin.isatty():
        raise InputError("nobody is there to ask for a password; expected a terminal, or --password-stdin")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise InputError("the two are not the same")
    return first


@contextmanager
def _noted(where: Settings, what: str, about: str) -> Iterator[None]:
    """Write into the console's audit log what the body does, if it comes out."""
    from streams.console.audit import Audit
    from streams.console.private import local_user
    from streams.logs import configure_logging

    configure_logging(where.model_copy(update={"log_level": "warning"}))
    audit = Audit(where.console_home)
    try:
        yield
        audit.note(local_user(), what, about)
    finally:
        audit.close()
