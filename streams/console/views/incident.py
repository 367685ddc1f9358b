"""One incident: what it is, how bad and why, who was told, what is to do, and what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nicegui import ui

from detectors.alerting.routing import Hearing, facts_of, route
from detectors.model import Change, Entry, Incident, Part, TopPost, Verdict, to_ms
from streams.console.readmodel import Changes
from streams.console.readmodel.incidents import find
from streams.console.readmodel.journal import deliveries
from streams.console.users import Role
from streams.console.views import actions, charts, parts
from streams.console.views.context import Refresh, View
from streams.notifiers.message import pace
from streams.notifiers.wording import PARTS, SIGNALS, WORDING

__all__ = ["safe_link", "show"]

DIMENSIONS: Final = ("channel", "topic", "kind", "authors", "audience", "language", "hashtag")
SHOWN_PARTS: Final = 8
SHOWN_POSTS: Final = 10
MOST_CHARS: Final = 1000


def show(view: View, id: str) -> Refresh | None:
    """The page of one incident."""
    found = find(view.core.db, id)
    if found is None:
        parts.heading(view.t("incident"), 1)
        parts.empty(view.t("not found"), id[:200], "search_off")
        ui.link(view.t("back"), "/")
        return None
    page = _Page(view, found)
    return page.refresh


@dataclass(slots=True)
class _Section:
    """A part of the page: how it is drawn again, what it shows, and what that was when it was drawn."""

    draw: Callable[[], object]
    shows: Callable[[Incident], object]
    shown: object


class _Page:
    """An incident on a page. What people type is outside of what is drawn anew."""

    def __init__(self, view: View, incident: Incident) -> None:
        self.view, self.incident = view, incident
        self._do = actions.incident_actions(view, lambda: self.incident)
        self._may = view.who.role.may(Role.ACT)
        self._sections: list[_Section] = []
        self._section(self._head, lambda one: one.version)
        if self._may:
            self._section(self._buttons, lambda one: one.state)
        with ui.element("div").classes("bb-columns"):
            with ui.element("div").classes("bb-column"):
                with self._card("what happens"):
                    self._chart = ui.echart(self._curve()).classes("bb-chart").props('role="img"')
                    self._chart.props["aria-label"] = view.t("what happens")
                    self._section(self._what, lambda one: one.why)
                self._section(self._severity, lambda one: (one.severity_parts, one.signals))
                self._section(self._kinds, lambda one: one.why.stories)
                self._section(self._posts, lambda one: (one.why.top_posts, one.why.first_post))
                self._section(self._parts, lambda one: one.why.parts)
            with ui.element("div").classes("bb-column"):
                self._section(self._playbook, lambda one: (one.ticked, one.severity, one.why.stories))
                self._section(self._told, lambda one: (one.state, len(deliveries(view.core.db, one.id))))
                with self._card("story"):
                    if self._may:
                        self._note = ui.textarea(view.t("note"), placeholder=view.t("note hint"))
                        self._note.props("outlined autogrow dense maxlength=4000").classes("bb-wide bb-note")
                        parts.button(view.t("add note"), self._add_note)
                    self._section(self._story, lambda one: one.timeline)
                self._section(self._feedback, lambda one: one.opinions)
        view.keys["a"] = self._do["acknowledge"]
        view.keys["r"] = self._do["resolve"]

    def _section(self, draw: Callable[[], None], shows: Callable[[Incident], object]) -> None:
        """Draw something that is drawn again only when what it `shows` is different: no click is lost in between."""
        drawn = ui.refreshable(draw)
        drawn()
        self._sections.append(_Section(drawn.refresh, shows, shows(self.incident)))

    def _card(self, title: str) -> ui.element:
        card = ui.element("section").classes(f"bb-card bb-card-{title.replace(' ', '-')}")
        with card:
            parts.heading(self.view.t(title))
        return card

    def refresh(self, changes: Changes) -> None:
        """Show what is new of it."""
        if self.incident.id not in changes.incidents and self.incident.id not in changes.deliveries:
            return
        newest = find(self.view.core.db, self.incident.id)
        if newest is None:
            return
        self.incident = newest
        for section in self._sections:
            if (shown := section.shows(newest)) != section.shown:
                section.shown = shown
                section.draw()
        self._chart.options.clear()
        self._chart.options.update(self._curve())
        self._chart.update()

    def _curve(self) -> dict[str, Any]:
        return charts.timeline(self.view, self.incident.why.timeline, to_ms(self.incident.onset))

    # -------------------------------------------------------------------------- the sections

    def _head(self) -> None:
        view, one = self.view, self.incident
        with ui.element("div").classes("bb-head"):
            with ui.element("div").classes("bb-row-wrap"):
                parts.severity_pill(view, one.severity)
                ui.label(view.t(str(one.state))).classes("bb-state")
                ui.label(
                    view.t("has it", owner=view.team(one.owner)) if one.owner else view.t("nobody has it")
                ).classes("" if one.owner else "bb-nobody")
                ui.link(one.brand_name, f"/brands/{one.brand}")
                over = f" · {view.t('over at', at=view.when(one.resolved_at))}" if one.resolved_at else ""
                age = view.t("ago", time=view.age(one.opened_at))
                ui.label(f"{view.t('opened', at=view.when(one.opened_at))} ({age}){over}").classes("bb-sub")
            parts.heading(one.why.titles.get(view.lang) or one.brand_name, 1)
            for silence in one.silences:
                if silence.until > view.core.now():
                    ui.label(
                        view.t("silenced", until=view.when(silence.until), by=silence.by, comment=silence.comment)
                    ).classes("bb-warn")
            if one.doubt:
                ui.label(view.t("doubt", why=one.doubt)).classes("bb-warn")
            if one.little_history:
                ui.label(view.t("little history")).classes("bb-warn")
            if one.acknowledged_at or one.first_response_at:
                ui.label(
                    view.t(
                        "times", ack=view.took(one.time_to_acknowledge), answer=view.took(one.time_to_first_response)
                    )
                ).classes("bb-sub")

    def _buttons(self) -> None:
        view, one = self.view, self.incident
        first = "acknowledge" if one.state.waits else "reopen" if one.resolved_at else "resolve"
        rest = [
            name
            for name in ("assign", "respond", "silence", "grade", "resolve")
            if name != first and not one.resolved_at
        ]
        icons = {
            "acknowledge": "pan_tool_alt",
            "resolve": "task_alt",
            "reopen": "replay",
            "assign": "person_add",
            "respond": "forum",
            "silence": "notifications_off",
            "grade": "tune",
        }
        with ui.element("div").classes("bb-actions").props('role="group"'):
            parts.button(view.t(first), self._do[first], icon=icons[first], kind="go")
            for name in rest:
                parts.button(view.t(name), self._do[name], icon=icons[name])

    def _what(self) -> None:
        view, why = self.view, self.incident.why
        ui.label(
            view.t(
                "parts of",
                observed=view.number(why.observed),
                since=view.when(why.since),
                expected=view.decimal(why.expected),
            )
        )
        if why.authors:
            least = "≥ " if why.at_least else ""
            ui.label(view.t("reach", authors=least + view.number(why.authors), reach=least + view.number(why.reach)))
        growth = why.growth
        ui.label(pace(growth, view.lang)).classes("bb-strong")
        for key, ahead in (("next hour", growth.next_hour), ("peak hour", growth.peak_hour)):
            if ahead is not None:
                ui.label(
                    view.t(
                        key,
                        median=view.number(ahead.median),
                        low=view.number(ahead.low_50),
                        high=view.number(ahead.high_50),
                    )
                )
        if growth.branching_ratio is not None:
            ui.label(view.t("branching", n=view.decimal(growth.branching_ratio))).classes("bb-sub")
        if why.words:
            ui.label(f"{view.t('words')}: {', '.join(word.word for word in why.words[:12])}").classes("bb-hostile")

    def _severity(self) -> None:
        view, one = self.view, self.incident
        with self._card("why severity"):
            rows = [
                (view.severity(part.name), view.decimal(part.value) if part.value is not None else "-", part.points)
                for part in one.severity_parts
            ]
            rows.append((view.t("total"), "", sum(part.points for part in one.severity_parts)))
            parts.table(
                parts.columns(view, "part", ">observed", ">points"),
                rows,
                label=view.t("why severity"),
            )
            if one.signals:
                named = ", ".join(SIGNALS[view.lang].get(name, name) for name in one.signals)
                ui.label(WORDING[view.lang]["unusual"].format(signals=named)).classes("bb-sub")

    def _kinds(self) -> None:
        view = self.view
        with self._card("kinds"):
            stories = self.incident.why.stories
            if not stories:
                ui.label(view.t("no kinds")).classes("bb-hint")
            for story in stories:
                with ui.element("div").classes("bb-line"):
                    ui.label(view.kind(story.kind)).classes("bb-strong")
                    if story.subject:
                        ui.label(story.subject[:200]).classes("bb-hostile")
                    ui.label(
                        view.t(
                            "evidence",
                            share=view.percent(story.share),
                            posts=view.number(story.posts),
                            of=view.number(story.of),
                            threshold=view.percent(story.threshold),
                        )
                    ).classes("bb-sub")

    def _posts(self) -> None:
        why, view = self.incident.why, self.view
        first = [why.first_post] if why.first_post is not None else []
        shown = {post.id: post for post in [*why.top_posts, *first]}
        with self._card("posts"):
            if not shown:
                ui.label(view.t("no posts")).classes("bb-hint")
            for post in list(shown.values())[:SHOWN_POSTS]:
                self._post(post)

    def _post(self, post: TopPost) -> None:
        view = self.view
        with ui.element("article").classes("bb-post"):
            ui.label(post.text[:MOST_CHARS]).classes("bb-hostile bb-text").props('dir="auto"')
            with ui.element("div").classes("bb-row-wrap bb-sub"):
                ui.label(post.author or view.t("unknown")).classes("bb-hostile")
                ui.label(post.source)
                ui.label(view.when(post.created_at))
                if post.followers:
                    ui.label(view.t("followers", n=view.number(post.followers)))
                if post.reposts:
                    ui.label(view.t("reposts", n=view.number(post.reposts)))
                if (url := safe_link(post.url)) is not None:
                    ui.link(view.t("see"), url, new_tab=True).props('rel="noopener noreferrer nofollow"')

    def _parts(self) -> None:
        why = self.incident.why
        with self._card("parts"), ui.element("div").classes("bb-grid"):
            for dimension in DIMENSIONS:
                if found := why.parts.get(dimension):
                    self._dimension(dimension, found, why.observed, why.expected)

    def _dimension(self, dimension: str, found: Sequence[Part], observed: int, expected: float) -> None:
        view = self.view
        names = PARTS[view.lang]
        ordered = sorted(found, key=lambda part: -part.excess)
        rows: list[Sequence[Any]] = [
            (
                self._bar(names.get(part.name) or view.name(part.name), part.observed, observed),
                view.number(part.observed),
                view.decimal(part.expected),
            )
            for part in ordered[:SHOWN_PARTS]
        ]
        rest = ordered[SHOWN_PARTS:]
        if rest:
            rows.append(
                (
                    f"+ {len(rest)}",
                    view.number(sum(part.observed for part in rest)),
                    view.decimal(sum(part.expected for part in rest)),
                )
            )
        rows.append((view.t("total"), view.number(observed), view.decimal(expected)))
        label = view.t(f"dimension {dimension}")
        parts.table([(label, "text"), *parts.columns(view, ">observed", ">expected")], rows, label=label)

    def _bar(self, name: str, value: int, total: int) -> Callable[[], None]:
        def draw() -> None:
            with ui.element("div").classes("bb-part"):
                ui.label(name).classes("bb-hostile")
                width = round(100 * value / total) if total else 0
                ui.element("div").classes("bb-bar").style(f"width: {width}%").props('aria-hidden="true"')

        return draw

    def _playbook(self) -> None:
        view, one = self.view, self.incident
        with self._card("playbook"):
            for step in view.core.playbook.steps_for(one, view.lang):
                by = one.ticked.get(step.id)
                with ui.element("div").classes("bb-step"):
                    box = ui.checkbox(step.text, value=by is not None, on_change=self._ticker(step.id))
                    box.set_enabled(self._may)
                    if by:
                        ui.label(view.t("done by", by=by)).classes("bb-sub")

    def _ticker(self, step: str) -> Callable[[Any], Any]:
        async def tick(event: Any) -> None:
            await actions.tick(self.view, self.incident, step, bool(event.value))

        return tick

    def _told(self) -> None:
        view, one, now = self.view, self.incident, self.view.core.now()
        with self._card("people"):
            if one.resolved_at is None:
                for hearing in route(view.core.watch, facts_of(one), now):
                    if one.state.waits or not hearing.after:
                        self._hearing(hearing)
            parts.heading(view.t("messages"), 3)
            sent = deliveries(view.core.db, one.id)
            if not sent:
                ui.label(view.t("no messages")).classes("bb-hint")
            for delivery in reversed(sent[-30:]):
                icon = (
                    "check"
                    if delivery.result == "delivered"
                    else "notifications_off"
                    if not delivery.channel
                    else "error_outline"
                )
                with ui.element("div").classes("bb-line"):
                    ui.icon(icon).props('aria-hidden="true"')
                    ui.label(f"{view.when(delivery.at)} · {delivery.channel or view.t('nobody')} · {delivery.result}")
                    if delivery.text:
                        ui.label(delivery.text).classes("bb-sub bb-hostile")

    def _hearing(self, hearing: Hearing) -> None:
        view, one = self.view, self.incident
        names = ", ".join(person.name for person in hearing.people)
        with ui.element("div").classes("bb-line"):
            ui.icon("groups" if not hearing.after else "hourglass_bottom").props('aria-hidden="true"')
            if hearing.after:
                ui.label(view.t("hears at", team=hearing.team.name, at=view.clock(one.opened_at + hearing.after)))
            else:
                ui.label(view.t("hears now", team=hearing.team.name, why=hearing.why))
            if names:
                ui.label(view.t("on duty", names=names)).classes("bb-sub")

    def _story(self) -> None:
        for entry in reversed(self.incident.timeline):
            self._entry(entry)

    def _entry(self, entry: Entry) -> None:
        view = self.view
        said, text = view.t(f"change {entry.what}", by=entry.by), entry.text
        if entry.what is Change.GREW and text.isdigit():
            said, text = f"{said}: {view.t('negatives', n=view.number(int(text)))}", ""
        elif entry.what in (Change.WORSENED, Change.CALMED):
            said, text = f"{said}: {view.severity(text)}", ""
        with ui.element("div").classes("bb-entry bb-person" if entry.command else "bb-entry"):
            ui.label(view.when(entry.at)).classes("bb-sub")
            ui.label(said)
            if text:
                ui.label(text).classes("bb-hostile bb-text").props('dir="auto"')

    def _feedback(self) -> None:
        view, one = self.view, self.incident
        with self._card("feedback"):
            mine = next((opinion.verdict for opinion in one.opinions if opinion.by == view.who.name), None)
            if self._may:
                with ui.element("div").classes("bb-actions"):
                    for verdict in Verdict:
                        button = parts.button(
                            view.t(f"verdict {verdict}"),
                            self._judge(verdict),
                            kind="go" if verdict is mine else "quiet",
                        )
                        button.props(f"aria-pressed={'true' if verdict is mine else 'false'}")
            ui.label(view.t("feedback hint")).classes("bb-hint")
            for opinion in one.opinions:
                ui.label(view.t("verdict", by=opinion.by, verdict=view.t(f"verdict {opinion.verdict}"))).classes(
                    "bb-sub"
                )
                if opinion.text:
                    ui.label(opinion.text).classes("bb-hostile bb-text")

    def _judge(self, verdict: Verdict) -> Callable[[], Any]:
        async def judge() -> None:
            await actions.judge(self.view, self.incident, verdict)

        return judge

    async def _add_note(self) -> None:
        text = str(self._note.value or "").strip()
        if text and await actions.note(self.view, self.incident, text):
            self._note.value = ""


def safe_link(url: str | None) -> str | None:
    """An address that may be clicked: http or https, nothing else.

    >>> safe_link("https://example.com/1"), safe_link("javascript:alert(1)"), safe_link(None)
    ('https://example.com/1', None, None)
    """
    if url is None or len(url) > 2000 or not url.lower().startswith(("https://", "http://")):
        return None
    return url if url.isprintable() and " " not in url else None
