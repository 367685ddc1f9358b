"""NiceGUI's page under a CSP without inline scripts: its own scripts carry the nonce of the request."""

from __future__ import annotations

from collections.abc import Callable

import jinja2

__all__ = ["Nonced"]


class Nonced(jinja2.BaseLoader):
    """Templates of `loader` with a nonce in every script that stands in the template itself.

    What is filled into a template gets none: a script that a stranger's text brought in does not run.

    >>> env = jinja2.Environment(loader=Nonced(jinja2.DictLoader({"page": "<script>{{ x }}</script>"})))
    >>> env.get_template("page").render(x="<script>", request={"state": {"nonce": "n"}})
    '<script nonce="n"><script></script>'
    """

    def __init__(self, loader: jinja2.BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source of a template, as Jinja asks for it."""
        source, file, current = self._loader.get_source(environment, template)
        return source.replace("<script", '<script nonce="{{ request.state.nonce }}"'), file, current
