"""Draw what a sum, an average and transport make of workers that learn apart.

MkDocs runs this file as a hook: it replaces the comment ``<!-- merge figure -->`` of a
page by the picture.  To see it without MkDocs:

    python docs/_scripts/merge_figure.py > merges.svg
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

WORKERS, MERGES = 4, 8
# n alpha H of a worker's updates between two merges, along one direction of a row.
DIRECTIONS = {"Steep direction, nαH = 1": 1.0, "Flat direction, nαH = 0.05": 0.05}

# Sizes in pixels of a picture as wide as a telephone's screen; a larger screen scales
# it up.
WIDTH, PLOT_WIDTH, PLOT_HEIGHT, LEFT, TOP, GAP = 360, 290, 130, 34, 24, 52
LARGEST = 2.0  # distance at the edges of a plot

Rule = Callable[[float, float, float, float], float]


# ---- the rules -----------------------------------------------------------------------


def total(shared: float, base: float, mine: float, kept: float) -> float:
    """Add what the worker has learned."""
    del kept
    return shared + mine - base


def mean(shared: float, base: float, mine: float, kept: float) -> float:
    """Add a part of what the worker has learned, so that all make the average."""
    del kept
    return shared + (mine - base) / WORKERS


def transport(shared: float, base: float, mine: float, kept: float) -> float:
    """Add what is left of the others' change after this worker's updates."""
    return mine + kept * (shared - base)


RULES: dict[str, tuple[Rule, str]] = {  # with the dashes of their lines
    "sum": (total, "1 4"),
    "average": (mean, "7 4"),
    "transport": (transport, "none"),
}


def distances(rule: Rule, strength: float) -> list[float]:
    """Return how far a row is from its optimum along one direction, after each merge.

    All workers start from the shared row, and merge one after the other.  `strength` is
    n alpha H: n updates leave exp(-strength) of a distance.
    """
    kept, shared, found = math.exp(-strength), 1.0, [1.0]
    for _ in range(MERGES):
        base = shared
        for _ in range(WORKERS):
            shared = rule(shared, base, kept * base, kept)
        found.append(shared)
    return found


def one_worker(strength: float) -> list[float]:
    """Return the same for a worker that makes all updates, one after the other."""
    return [math.exp(-strength * WORKERS * merge) for merge in range(MERGES + 1)]


# ---- the picture ---------------------------------------------------------------------


def draw() -> str:
    """Return the picture as SVG, for a page with a light or a dark background."""
    height = TOP + 2 * PLOT_HEIGHT + GAP + 44
    parts = [
        _plot(number, title, strength)
        for number, (title, strength) in enumerate(DIRECTIONS.items())
    ]
    return (
        f'<svg class="merge-figure" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11" '
        f'fill="currentColor" '
        f'style="display:block;width:100%;max-width:34rem;margin:1rem auto">'
        f"<title>Sum, average and transport along one direction of a row</title>"
        f"<desc>Distance from the optimum after each of {MERGES} merges of {WORKERS} "
        f"workers. In a steep direction the sum grows without limit, average and "
        f"transport fall to 0. In a flat one the average is the slowest. Transport is "
        f"as one worker that makes all updates.</desc>"
        f"{''.join(parts)}{_legend(height - 14)}</svg>"
    )


def _plot(number: int, title: str, strength: float) -> str:
    top = TOP + number * (PLOT_HEIGHT + GAP)
    middle = top + PLOT_HEIGHT / 2
    parts = [
        f'<text x="{LEFT}" y="{top - 8}">{title}: distance from the optimum</text>',
        f'<rect x="{LEFT}" y="{top}" width="{PLOT_WIDTH}" height="{PLOT_HEIGHT}" '
        f'fill="none" stroke="currentColor" stroke-opacity=".4"/>',
        f'<path d="M{LEFT} {middle}h{PLOT_WIDTH}" stroke="currentColor" '
        f'stroke-opacity=".4"/>',
        *(
            f'<text x="{LEFT - 6}" y="{_y(value, top) + 4:.0f}" '
            f'text-anchor="end">{value:g}</text>'
            for value in (0, 1)
        ),
        f'<text x="{LEFT + PLOT_WIDTH / 2}" y="{top + PLOT_HEIGHT + 15}" '
        f'text-anchor="middle">merges, 0 to {MERGES}</text>',
        f'<svg x="{LEFT - 4}" y="{top}" width="{PLOT_WIDTH + 8}" '
        f'height="{PLOT_HEIGHT}" '
        f'viewBox="{LEFT - 4} {top} {PLOT_WIDTH + 8} {PLOT_HEIGHT}">',
    ]
    parts += [
        _line(distances(rule, strength), top, dashes) for rule, dashes in RULES.values()
    ]
    dots = enumerate(one_worker(strength))
    parts += [
        f'<circle cx="{_x(merge):.1f}" cy="{_y(value, top):.1f}" r="3"/>'
        for merge, value in dots
    ]
    return "".join(parts) + "</svg>"


def _x(merge: float) -> float:
    return LEFT + PLOT_WIDTH * merge / MERGES


def _y(value: float, top: float) -> float:
    return top + PLOT_HEIGHT * (1 - value / LARGEST) / 2


def _line(values: list[float], top: float, dashes: str) -> str:
    points = " ".join(f"{_x(k):.1f},{_y(v, top):.1f}" for k, v in enumerate(values))
    return (
        f'<polyline points="{points}" fill="none" stroke="currentColor" '
        f'stroke-width="2" stroke-dasharray="{dashes}"/>'
    )


def _legend(y: float) -> str:
    parts, x = [], LEFT
    for name, (_, dashes) in RULES.items():
        parts.append(
            f'<path d="M{x} {y - 4}h22" stroke="currentColor" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/><text x="{x + 26}" y="{y}">{name}</text>'
        )
        x += 40 + 6 * len(name)
    parts.append(
        f'<circle cx="{x + 4}" cy="{y - 4}" r="3"/>'
        f'<text x="{x + 12}" y="{y}">one worker</text>'
    )
    return "".join(parts)


# ---- the hook of MkDocs --------------------------------------------------------------


def on_page_markdown(markdown: str, **_: object) -> str:
    """Insert the picture (a hook of MkDocs)."""
    return markdown.replace("<!-- merge figure -->", draw())


if __name__ == "__main__":
    sys.stdout.write(draw() + "\n")
