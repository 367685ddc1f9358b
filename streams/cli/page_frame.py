"""The frame of a page for people: one file that fetches nothing, readable by day and by night, and on a phone.

Whatever comes from posts, labels or the configuration is a stranger's text: `safe` escapes it for HTML, `embedded`
for a script element.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from importlib import resources
from typing import Final

from streams.markup import safe

__all__ = ["embedded", "framed", "table"]


def framed(title: str, parts: Sequence[str], figures: Sequence[object] = ()) -> str:
    """The whole page: `parts` are HTML, `figures` those of its charts, each with the `id` of the element it goes to.

    Without figures it has no scripts and is small.
    """
    charts = _CHARTS.format(plotly=_plotly(), figures=embedded(figures), script=_SCRIPT) if figures else ""
    return _PAGE.format(title=html.escape(title), style=_STYLE, body="\n".join(parts), charts=charts)


def _plotly() -> str:
    """Plotly's own script, as its Python package brings it: nothing is fetched, and nothing of that package runs."""
    return resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")


def embedded(value: object) -> str:
    r"""JSON that may stand in a script element: nothing in it ends one, or starts a comment.

    >>> print(embedded(["</script>"]))
    ["\u003c/script\u003e"]
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """A table whose first cells name their rows; it scrolls on its own where the screen is narrow."""
    right = [' class="number"' if column.startswith(">") else "" for column in columns]
    head = "".join(
        f'<th scope="col"{kind}>{html.escape(column.removeprefix(">"))}</th>'
        for column, kind in zip(columns, right, strict=True)
    )
    body = []
    for row in rows:
        first, *others = row
        cells = "".join(f"<td{kind}>{safe(cell)}</td>" for cell, kind in zip(others, right[1:], strict=True))
        body.append(f'<tr><th scope="row">{safe(first)}</th>{cells}</tr>')
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{html.escape(caption)}"><table>'
        f'<caption class="unseen">{html.escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


# --------------------------------------------------------------------------------------- templates

_STYLE: Final = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --rule: #d0d7de;
  --edge: #6e7781; --calm: #0969da; --range: #0969da22; --crisis: #cf222e1f; --trap: #9a670026;
  --good: #116329; --alarm: #a40e26; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --ink: #e6edf3; --soft: #9198a1; --rule: #30363d;
  --edge: #8b949e; --calm: #79c0ff; --range: #79c0ff2e; --crisis: #ff7b7233; --trap: #d2992233;
  --good: #56d364; --alarm: #ff7b72; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { margin-top: 2.5rem; font-size: 1.25rem; }
h3 { margin-top: 2rem; font-size: 1.05rem; }
.lead { font-size: 1.15rem; max-width: 46rem; } p { max-width: 46rem; }
.scroll { overflow-x: auto; } .scroll:focus-visible { outline: 2px solid var(--calm); }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--rule); text-align: left;
  vertical-align: top; overflow-wrap: normal; }
td:last-child { min-width: 9rem; overflow-wrap: anywhere; } .number:last-child { min-width: 0; }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; } tbody th { font-weight: 600; }
.number { text-align: right; white-space: nowrap; } pre { overflow-x: auto; }
figure { margin: .5rem 0; } figcaption, dt { color: var(--soft); font-size: .9rem; } dd { margin: 0 0 .5rem; }
.chart { width: 100%; height: 22rem; } details { margin: 1rem 0; } summary { cursor: pointer; padding: .5rem 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 600px) { .chart { height: 26rem; } }
@media print { .chart { break-inside: avoid; } .scroll { overflow: visible; } }
"""

_SCRIPT: Final = """
const figures = JSON.parse(document.getElementById("figures").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
function draw() {
  const style = getComputedStyle(document.documentElement);
  const colour = name => style.getPropertyValue(name).trim();
  const narrow = innerWidth < 600;
  for (const figure of figures) {
    // Colours stand in the figures by the names that the style sheet gives them.
    const { data, layout } = JSON.parse(JSON.stringify(figure), (key, value) =>
      typeof value === "string" && value.startsWith("--") ? colour(value) : value);
    const axis = { gridcolor: colour("--rule"), linecolor: colour("--rule"), zeroline: false, fixedrange: narrow };
    Object.assign(layout, {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "closest",
      font: { color: colour("--ink"), family: "system-ui, sans-serif", size: narrow ? 11 : 13 },
      hoverlabel: { bgcolor: colour("--paper"), font: { color: colour("--ink") } },
      margin: { l: 44, r: 8, t: 28, b: 40 }, legend: { orientation: "h", x: 0, y: -0.18, yanchor: "top" },
      xaxis: { ...layout.xaxis, ...axis, nticks: narrow ? 4 : 8 },
      yaxis: { ...layout.yaxis, ...axis, automargin: true },
    });
    Plotly.react(figure.id, data, layout, { responsive: true, displayModeBar: false });
  }
}
draw();
dark.addEventListener("change", draw);
"""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';
 script-src 'unsafe-inline' 'unsafe-eval'; img-src data: blob:">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
{charts}</body>
</html>
"""

_CHARTS: Final = """<script>{plotly}</script>
<script type="application/json" id="figures">{figures}</script>
<script>{script}</script>
"""
