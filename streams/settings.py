"""How badbuzz is run: the environment, and nothing else."""

from __future__ import annotations

import ipaddress
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from detectors.errors import ConfigError, ConfigProblem
from detectors.privacy import LEAST_KEY_BYTES
from streams.spans import parse_span

__all__ = ["Settings", "load_settings"]


def _span(value: object) -> object:
    """60s, 15m, 2h or 7d, as in brands.yaml."""
    return value if isinstance(value, timedelta) else parse_span(value)


def _http(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
        raise ValueError("no address of a web page; expected one such as https://badbuzz.example")
    return url


def _header(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise ValueError("no name of a header; expected one such as Remote-User")
    return name


def _networks(text: str) -> str:
    for part in text.split(","):
        try:
            ipaddress.ip_network(part.strip())
        except ValueError:
            raise ValueError(f"{part.strip()!r} is no IP address or network; expected such as 10.0.0.0/8,::1") from None
    return text


def _kept(span: timedelta) -> timedelta:
    if not timedelta(hours=1) <= span <= timedelta(days=3650):
        raise ValueError("expected between 1h and 3650d: a worker that pauses for longer has lost what it had to read")
    return span


def _key(key: SecretStr) -> SecretStr:
    size = len(key.get_secret_value().encode(errors="surrogatepass"))
    if size < LEAST_KEY_BYTES:
        raise ValueError(f"{size} bytes can be guessed; expected {LEAST_KEY_BYTES} or more, at random")
    return key


def _content(path: object) -> object:
    """What a file holds, without the line's end that editors leave."""
    if isinstance(path, SecretStr):
        return path
    try:
        return SecretStr(Path(str(path)).read_text(encoding="utf-8").rstrip("\r\n"))
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("holds no UTF-8 text; write the key as text, such as 32 hexadecimal digits") from None


class Settings(BaseSettings):
    """Settings of every process, from environment variables named BADBUZZ_ and the field.

    Durations are written as in brands.yaml. A key is never shown, in an error neither; an empty one is an error, since
    whoever sets one wants it. `pseudonym_key_file` and `console_secret_file` are what the file holds.

    The two timeouts of Kafka are not among them: Kafka refuses a session shorter than 6 s, and Faust then
    waits for ever without a word.
    """

    model_config = SettingsConfigDict(env_prefix="BADBUZZ_", frozen=True, extra="ignore", hide_input_in_errors=True)

    brokers: str = Field("127.0.0.1:9092", description="Kafka's bootstrap servers: host:port, separated by commas")
    config: Path = Field(Path("brands.yaml"), description="what to watch, and for whom")
    prefix: str = Field("", pattern=r"^[a-zA-Z0-9._-]*$", description="put before the name of each topic and group")
    group: str = Field("badbuzz", pattern=r"^[a-zA-Z0-9._-]+$", description="the consumer group of the workers")
    partitions: Annotated[int, Field(ge=1, le=1000)] = Field(4, description="of topics that badbuzz creates")
    replication: Annotated[int, Field(ge=1, le=9)] = Field(1, description="copies of topics that badbuzz creates")
    http_host: str = Field("127.0.0.1", description="where a worker serves /metrics, /healthz and /readyz")
    http_port: Annotated[int, Field(ge=0, le=65535)] = Field(9464, description="0 takes a free one")
    snapshot_interval_s: Annotated[float, Field(gt=0)] = Field(1.0, description="seconds between snapshots")
    ready_timeout_s: Annotated[float, Field(gt=0)] = Field(120.0, description="a worker not ready by then exits")
    stall_timeout_s: Annotated[float, Field(gt=0)] = Field(60.0, description="work without progress: unhealthy")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="what is logged")
    log_format: Literal["console", "json"] = Field("console", description="how it is logged")

    keep_texts: Annotated[timedelta, BeforeValidator(_span), AfterValidator(_kept)] = Field(
        timedelta(days=7), description="how long topics that hold posts' texts keep them: 12h, 7d ..."
    )
    negativity_dir: Path | None = Field(
        None, description="weights that `badbuzz train` wrote, instead of those that come with badbuzz"
    )
    console_url: Annotated[str, AfterValidator(_http)] | None = Field(
        None, description="where the console is reached, for the links in messages: https://badbuzz.example"
    )
    playbook_dir: Path | None = Field(None, description="a company's own pages of what to do, instead of ours")
    pseudonym_key: Annotated[SecretStr, AfterValidator(_key)] | None = Field(
        None, description="a secret of 16 bytes or more: authors are kept under other names, made with it"
    )
    pseudonym_key_file: Annotated[SecretStr, BeforeValidator(_content), AfterValidator(_key)] | None = Field(
        None, description="a file that holds this secret, instead"
    )

    console_host: str = Field("127.0.0.1", min_length=1, description="where the console listens")
    console_port: Annotated[int, Field(ge=0, le=65535)] = Field(8484, description="0 takes a free one")
    console_dir: Path | None = Field(None, description="what the console keeps: read model, audit log, secret")
    console_users: Path | None = Field(None, description="who may use the console; `badbuzz users` writes it")
    console_secret: Annotated[SecretStr, AfterValidator(_key)] | None = Field(
        None, description="a secret of 16 bytes or more that signs sessions; else one is made and kept"
    )
    console_secret_file: Annotated[SecretStr, BeforeValidator(_content), AfterValidator(_key)] | None = Field(
        None, description="a file that holds this secret, instead"
    )
    console_proxy_header: Annotated[str, AfterValidator(_header)] | None = Field(
        None, description="in which a reverse proxy says who has signed in there: Remote-User"
    )
    console_trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "127.0.0.1,::1", description="addresses and networks of reverse proxies that are believed"
    )
    console_proxy_role: Literal["read", "act", "admin"] = Field(
        "read", description="what those may do whom the proxy names and the users file does not"
    )

    @field_validator("pseudonym_key_file", "console_secret_file")
    @classmethod
    def _one_key(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        other = (info.field_name or "").removesuffix("_file")
        if key is not None and info.data.get(other) is not None:
            raise ValueError(f"there is BADBUZZ_{other.upper()} too; expected one of them")
        return key

    @property
    def author_key(self) -> bytes | None:
        """The key of `detectors.privacy.Pseudonyms`, from wherever it came; None keeps authors as they are."""
        key = self.pseudonym_key or self.pseudonym_key_file
        return None if key is None else key.get_secret_value().encode(errors="surrogatepass")

    @property
    def session_key(self) -> SecretStr | None:
        """What signs sessions of the console, from wherever it came; None has the console make one."""
        return self.console_secret or self.console_secret_file

    @property
    def console_home(self) -> Path:
        """The folder of what the console keeps.

        >>> Settings(console_dir="/srv/badbuzz").console_home
        PosixPath('/srv/badbuzz')
        """
        if self.console_dir is not None:
            return self.console_dir
        state = os.environ.get("XDG_STATE_HOME", "")
        return (Path(state) if Path(state).is_absolute() else Path.home() / ".local/state") / "badbuzz" / "console"

    def environ(self) -> dict[str, str]:
        """The environment variables that make these settings, for a process of its own.

        >>> Settings(keep_texts="12h").environ()["BADBUZZ_KEEP_TEXTS"]
        '43200s'
        """
        told: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, SecretStr):
                told[f"BADBUZZ_{name.upper().removesuffix('_FILE')}"] = value.get_secret_value()
                continue
            told[f"BADBUZZ_{name.upper()}"] = (
                f"{value.total_seconds():.0f}s" if isinstance(value, timedelta) else str(value)
            )
        return told

    def topic(self, name: str) -> str:
        """The full name of a topic."""
        return f"{self.prefix}{name}"

    @property
    def app_id(self) -> str:
        """The name of the Faust app, which is the consumer group and the head of its tables' topics."""
        return f"{self.prefix}{self.group}"


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with what the command line says on top.

    Raises:
        ConfigError: with the name of each variable that does not fit.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = [
            ConfigProblem(path=f"BADBUZZ_{str(item['loc'][0]).upper()}", message=item["msg"]) for item in error.errors()
        ]
        raise ConfigError(problems, source="environment") from None
