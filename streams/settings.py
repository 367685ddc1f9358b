"""How badbuzz is run: the environment, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from detectors.errors import ConfigError, ConfigProblem

__all__ = ["Settings", "load_settings"]


class Settings(BaseSettings):
    """Settings of every process, from environment variables named BADBUZZ_ and the field.

    The two timeouts of Kafka are not among them: Kafka refuses a session shorter than 6 s, and Faust then
    waits for ever without a word.
    """

    model_config = SettingsConfigDict(env_prefix="BADBUZZ_", frozen=True, extra="ignore")

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
