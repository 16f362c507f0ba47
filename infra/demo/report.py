"""The report: one self-contained HTML page with plots, and the same as plain text for the terminal."""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.demo.accounting import Slice, Window
from infra.demo.teacher import LATENCY_SOURCE

CSS = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{margin-top:2.2rem;font-size:1.2rem}p.lead{color:#4a5565;margin-top:0}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{padding:.35rem .5rem;border-bottom:1px solid #e2e6ec}
th{text-align:left;background:#f5f7fa}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.cards{display:flex;gap:1rem;flex-wrap:wrap}
.card{flex:1 1 200px;border:1px solid #dfe4ea;border-radius:8px;padding:.8rem 1rem}
.card b{display:block;font-size:1.5rem}.ok{color:#0a6b3d}.bad{color:#a3261d}.note{color:#5b6675;font-size:13px}
svg{width:100%;height:auto;border:1px solid #e2e6ec;border-radius:8px;background:#fcfdfe}
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """Something the demo must show, with what was seen."""

    what: str
    seen: str
    holds: bool


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """One line of the table."""

    cluster: str
    label: str
    task: str
    calls: int
    specialist: str
    status: str
    format: str
    parity: str
    p95_ms: float
    frontier_p95_ms: float
    cost_before_usd: float
    cost_after_usd: float


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is shown. Times in seconds since the servers were up."""

    title: str
    policy: str
    machine: str
    claims: Sequence[Claim]
    clusters: Sequence[ClusterRow]
    milestones: Mapping[str, float]
    window: Window | None
    whole: Slice
    jobs: Sequence[Mapping[str, Any]]
    spend: Sequence[tuple[float, float, float]]
    served: Sequence[tuple[float, float]]

    @property
    def holds(self) -> bool:
        return all(claim.holds for claim in self.claims)


def as_text(report: Report) -> str:
    """For the terminal."""
    lines = [report.title, f"policy {report.policy}; frontier figures are {LATENCY_SOURCE}", ""]
    lines += [f"{'ok  ' if claim.holds else 'MISS'}  {claim.what}: {claim.seen}" for claim in report.claims]
    lines += [
        "",
        f"{'task':<14}{'cluster':<34}{'calls':>6}  {'status':<26}{'format':<21}{'parity':<21}{'p95 ms':>7}"
        f"{'before $':>10}{'after $':>10}",
    ]
    lines += [
        f"{row.task[:13]:<14}{row.label[:33]:<34}{row.calls:>6}  {row.status[:25]:<26}{row.format:<21}{row.parity:<21}"
        f"{row.p95_ms:>7.0f}{row.cost_before_usd:>10.4f}{row.cost_after_usd:>10.4f}"
        for row in report.clusters
    ]
    lines += ["", *[f"{seconds / 60:6.1f} min  {name}" for name, seconds in report.milestones.items()]]
    return "\n".join(lines)


def as_json(report: Report) -> str:
    """The same, for machines."""
    window = report.window
    return json.dumps(
        {
            "title": report.title,
            "policy": report.policy,
            "machine": report.machine,
            "holds": report.holds,
            "claims": [{"what": c.what, "seen": c.seen, "holds": c.holds} for c in report.claims],
            "clusters": [{name: getattr(row, name) for name in ClusterRow.__slots__} for row in report.clusters],
            "milestones_s": dict(report.milestones),
            "window": None
            if window is None
            else {
                "seconds": window.seconds,
                "calls": window.everything.calls,
                "saved_net": window.saved_net,
                "success": window.everything.success,
                "p95_ms": window.everything.p95_ms,
                "narrow_spend_share": window.narrow_spend_share,
                "shadow_cost_usd": window.shadow_cost,
                "training_cost_usd": window.training_cost,
            },
            "jobs": list(report.jobs),
        },
        indent=1,
    )


def as_html(report: Report) -> str:
    """The page. Everything that came from outside is escaped; no script, no request to anywhere."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>{_e(report.title)}</title><style>{CSS}</style>",
        f"<h1>{_e(report.title)}</h1><p class=lead>Policy profile {_e(report.policy)} · {_e(report.machine)} · "
        f"frontier latency and answers are {_e(LATENCY_SOURCE)}</p>",
        _cards(report),
        "<h2>What had to be shown</h2>",
        _table(
            ("", "claim", "seen"),
            [(_mark(claim.holds), _e(claim.what), _e(claim.seen)) for claim in report.claims],
        ),
        "<h2>Clusters</h2>",
        _cluster_table(report.clusters),
        "<h2>Spend over time</h2>",
        _plot(
            [
                ("all-frontier", "#98a3b3", [(t, f) for t, f, _ in report.spend]),
                ("spent", "#0a6b3d", [(t, c) for t, _, c in report.spend]),
            ],
            "USD, cumulative",
        ),
        "<h2>Calls served by specialists</h2>",
        _plot([("share of calls", "#2456a6", list(report.served))], "share, per minute"),
        "<h2>Milestones</h2>",
        _table(
            ("minutes after the servers were up", "what"),
            [(f"{s / 60:.1f}", _e(n)) for n, s in report.milestones.items()],
        ),
        "<h2>Training jobs</h2>",
        _table(
            ("model", "status", "rows", "test format", "test parity", "seconds", "USD"),
            [
                tuple(_e(str(job[key])) for key in ("model", "status", "rows", "format", "parity", "seconds", "usd"))
                for job in report.jobs
            ],
        ),
        "<p class=note>Before = the same calls at the frontier model's list price. After = every attempt that was made, "
        "escalations included. Net = after plus every comparison's specialist call in the window. Intervals: 95 % "
        "(Wilson) of the comparisons seen; promotions rest on bounds that hold at any time of looking.</p></html>",
    ]
    return "".join(parts)


def _cards(report: Report) -> str:
    window = report.window
    cards = [("Specialists active", str(sum(row.status == "active" for row in report.clusters)))]
    if window is not None:
        cards += [
            ("Saved in the final window, net", f"{window.saved_net:.1%}"),
            ("Right answers in the window", f"{window.everything.success:.1%}"),
            ("p95 of complete calls", f"{window.everything.p95_ms:.0f} ms"),
        ]
    cards.append(("Result", "every claim holds" if report.holds else "a claim is missed"))
    return "<div class=cards>" + "".join(f"<div class=card>{_e(n)}<b>{_e(v)}</b></div>" for n, v in cards) + "</div>"


def _cluster_table(rows: Sequence[ClusterRow]) -> str:
    head = (
        "task",
        "label",
        "calls",
        "specialist, or why none",
        "status",
        "format",
        "parity",
        "p95 ms",
        "frontier p95",
        "before $",
        "after $",
    )
    body = [
        (
            _e(row.task),
            f"{_e(row.label)}<br><span class=note>{_e(row.cluster)}</span>",
            str(row.calls),
            _e(row.specialist),
            _e(row.status),
            _e(row.format),
            _e(row.parity),
            f"{row.p95_ms:.0f}",
            f"{row.frontier_p95_ms:.0f}",
            f"{row.cost_before_usd:.4f}",
            f"{row.cost_after_usd:.4f}",
        )
        for row in rows
    ]
    return _table(head, body)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{_e(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _plot(series: Sequence[tuple[str, str, Sequence[tuple[float, float]]]], unit: str) -> str:
    """Lines over minutes, as SVG."""
    width, height, left, bottom = 1000, 260, 70, 30
    points = [point for _, _, line in series for point in line]
    last = max((x for x, _ in points), default=1.0) or 1.0
    top = max((y for _, y in points), default=1.0) or 1.0
    out = [f"<svg viewBox='0 0 {width} {height}' role=img aria-label='{_e(unit)}'>"]
    for step in range(5):
        y = height - bottom - (height - bottom - 20) * step / 4
        out.append(f"<line x1={left} x2={width - 10} y1={y:.1f} y2={y:.1f} stroke='#e8ebf0'/>")
        out.append(f"<text x=8 y={y + 4:.1f} font-size=12 fill='#5b6675'>{top * step / 4:.3g}</text>")
        x = left + (width - left - 10) * step / 4
        anchor = ("start", "middle", "middle", "middle", "end")[step]
        out.append(
            f"<text x={x:.1f} y={height - 8} font-size=12 text-anchor={anchor} fill='#5b6675'>"
            f"{last / 60 * step / 4:.1f} min</text>"
        )
    for index, (name, colour, line) in enumerate(series):
        path = " ".join(
            f"{left + (width - left - 10) * x / last:.1f},{height - bottom - (height - bottom - 20) * y / top:.1f}"
            for x, y in line
        )
        out.append(f"<polyline fill=none stroke='{colour}' stroke-width=2 points='{path}'/>")
        out.append(
            f"<text x={left + 10} y={18 + 16 * index} font-size=13 fill='{colour}'>{_e(name)} ({_e(unit)})</text>"
        )
    return "".join(out) + "</svg>"


def _mark(holds: bool) -> str:
    return "<span class=ok>✓ holds</span>" if holds else "<span class=bad>✗ missed</span>"


def _e(text: str) -> str:
    return html.escape(text, quote=True)
