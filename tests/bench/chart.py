"""The chart of `make bench`: rate of each contestant, latency at each rate, as one SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

WIDTH, BAR, LEFT = 760, 26, 190
_OURS, _OTHER, _YARDSTICK = "#1f6feb", "#8b949e", "#d0d7de"


def chart(figures: Mapping[str, Any]) -> str:
    """Return the chart of the figures of one run."""
    rates = [
        ("ours, batches of 100", figures.get("batch_edge_per_s"), _OURS),
        ("ours, single messages", figures["end_to_end_per_s"], _OURS),
        ("FastStream", figures["peers"].get("faststream"), _OTHER),
        ("Celery", figures["peers"].get("celery"), _OTHER),
        ("plain pipeline", figures["plain_per_s"], _OTHER),
        ("bare ceiling (yardstick, no rules)", figures["ceiling_per_s"], _YARDSTICK),
    ]
    rows = [(label, value, color) for label, value, color in rates if value]
    body = [_title(24, "Declarations per second, end to end (median)")]
    body += _bars(rows, 40, "/s")
    top = 40 + len(rows) * BAR + 44
    body.append(_title(top - 12, "Time to the final reply at a steady rate: p50 (dark) and p99, ms"))
    steady = figures["latency"]
    largest = max(row["p99_ms"] for row in steady)
    for n, row in enumerate(steady):
        y = top + n * BAR
        body += [
            _label(y, f"{row['rate_per_s']:.0f}/s"),
            _bar(y, row["p99_ms"], largest, _OTHER, f"{row['p50_ms']:.0f} / {row['p99_ms']:.0f} ms"),
            _bar(y, row["p50_ms"], largest, _OURS, ""),
        ]
    height = top + len(steady) * BAR + 34
    outside = f"outside load up to {figures['outside_cores_max']} cores"
    note = f"{figures['taken_at']}, {figures['machine']}, {outside}"
    body.append(f'<text x="12" y="{height - 12}" font-size="11" fill="#57606a">{escape(note)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="13">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _bars(rows: list[tuple[str, float, str]], top: int, unit: str) -> Iterator[str]:
    largest = max(value for _, value, _ in rows)
    for n, (label, value, color) in enumerate(rows):
        yield _label(top + n * BAR, label)
        yield _bar(top + n * BAR, value, largest, color, f"{value:.0f}{unit}")


def _title(y: int, text: str) -> str:
    return f'<text x="12" y="{y}" font-size="15" font-weight="bold">{escape(text)}</text>'


def _label(y: int, text: str) -> str:
    return f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end" font-size="12">{escape(text)}</text>'


def _bar(y: int, value: float, largest: float, color: str, text: str) -> str:
    width = max((WIDTH - LEFT - 110) * value / largest, 1)
    bar = f'<rect x="{LEFT}" y="{y + 3}" width="{width:.1f}" height="{BAR - 8}" fill="{color}"/>'
    if text:
        bar += f'<text x="{LEFT + width + 6:.1f}" y="{y + 16}" font-size="12">{escape(text)}</text>'
    return bar
