"""Draw which package of w2vfast imports which, from the imports in its source files.

MkDocs runs this file as a hook.  In a page, the comment ``<!-- import graph -->`` is
replaced by the picture and ``<!-- import table -->`` by the complete list, so neither
can differ from the code.  To see them without MkDocs:

    python docs/_scripts/import_graph.py > imports.svg
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import tomllib

ROOT = Path(__file__).parents[2]
PACKAGE = "w2vfast"
COMPILED = ("_core", "_text")
# Imported from most layers: drawn in a last row, below a line and without arrows.
BASE = ("params", "system", "errors", "aliases")

# Sizes in pixels of a picture as wide as a telephone's screen; a larger screen scales
# it up.
WIDTH, BOX_HEIGHT, LAYER_GAP, MARGIN = 360, 30, 38, 4
BOX_GAP, LANE_WIDTH, LETTER_WIDTH, PADDING = 10, 6, 7.3, 16
SWEEPS = 8  # over all layers, to order the boxes

Edges = dict[str, set[str]]


# ---- the imports ---------------------------------------------------------------------


def read_imports(root: Path = ROOT / PACKAGE) -> Edges:
    """Collect the imports between the packages and top modules below `root`.

    Imports inside functions count, those under ``if TYPE_CHECKING:`` do not.

    Returns
    -------
    dict of set of str
        For each package the other packages that it imports; compiled modules are
        among them.
    """
    edges: Edges = {name: set() for name in _nodes(root)}
    for path in sorted(root.rglob("*.py")):
        node = path.relative_to(root).parts[0].removesuffix(".py")
        if node in edges:
            edges[node] |= set(_imported(path)) & edges.keys() - {node}
    return edges


def _nodes(root: Path) -> list[str]:
    packages = [path.parent.name for path in root.glob("*/__init__.py")]
    modules = [path.stem for path in (*root.glob("*.py"), *root.glob("*.pyx"))]
    return sorted(name for name in packages + modules if not name.startswith("__"))


def _imported(path: Path) -> list[str]:
    names: list[str] = []
    found: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while found:
        node = found.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        found += ast.iter_child_nodes(node)
    return [name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")]


def read_layers(edges: Edges) -> list[list[str]]:
    """Read the layers that import-linter checks, top first; add compiled modules."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    names = [[name.strip(" ()") for name in layer.split("|")] for layer in layers]
    rows = [[name for name in row if name in edges] for row in names]
    rows = [row for row in rows if row]
    # Compiled modules import nothing: they belong just below their lowest importer.
    compiled = [name for name in COMPILED if name in edges]
    lowest = max(
        number
        for number, row in enumerate(rows)
        if any(edges[name] & set(compiled) for name in row)
    )
    rows[lowest + 1] += compiled
    return rows


def drawn(edges: Edges) -> Edges:
    """Leave out imports of the base, and those that a chain of imports implies."""
    edges = {
        name: targets - set(BASE) for name, targets in edges.items() if name not in BASE
    }
    return {
        node: {
            target
            for target in targets
            if not any(target in _reached(edges, other) for other in targets - {target})
        }
        for node, targets in edges.items()
    }


def _reached(edges: Edges, start: str) -> set[str]:
    reached, left = set(), [start]
    while left:
        new = edges[left.pop()] - reached
        reached |= new
        left += new
    return reached


# ---- the picture ---------------------------------------------------------------------
#
# A layered drawing (Sugiyama, Tagawa and Toda 1981): an arrow that crosses layers gets
# a narrow lane in each of them, and the boxes and lanes of a layer are sorted by the
# mean position of their neighbours.


def draw(edges: Edges, layers: list[list[str]]) -> str:
    """Return the picture as SVG, for a page with a light or a dark background."""
    layers = [[name for name in row if name not in BASE] for row in layers]
    rows, paths = _with_lanes(drawn(edges), [row for row in layers if row])
    _sort_rows(rows, paths)
    rows.append([name for name in BASE if name in edges])
    spots = _place(rows)
    height = len(rows) * (BOX_HEIGHT + LAYER_GAP) - LAYER_GAP + 2 * MARGIN
    parts = [_arrow(path, spots) for path in paths]
    parts += [_box(name, spot) for name, spot in spots.items() if ">" not in name]
    parts.append(_line_above(spots[rows[-1][0]][1]))
    listed = "; ".join(
        f"{name} imports {', '.join(sorted(targets))}"
        for name, targets in edges.items()
        if targets
    )
    return (
        f'<svg class="import-graph" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="12" '
        f'style="display:block;width:100%;max-width:34rem;margin:1rem auto">'
        f"<title>Imports between the packages</title><desc>{listed}</desc>"
        f'<defs><marker id="import-tip" viewBox="0 0 6 6" refX="5.5" refY="3" '
        f'markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0.5L6 3L0 5.5z" fill="currentColor"/></marker></defs>'
        f"{''.join(parts)}</svg>"
    )


def _with_lanes(
    edges: Edges, layers: list[list[str]]
) -> tuple[list[list[str]], list[list[str]]]:
    level = {name: number for number, row in enumerate(layers) for name in row}
    rows = [list(row) for row in layers]
    paths = []
    for name in sorted(edges):
        for target in sorted(edges[name]):
            path = [name]
            for number in range(level[name] + 1, level[target]):
                lane = f"{name}>{target}>{number}"
                rows[number].append(lane)
                path.append(lane)
            paths.append([*path, target])
    return rows, paths


def _sort_rows(rows: list[list[str]], paths: list[list[str]]) -> None:
    above: Edges = {name: set() for row in rows for name in row}
    below: Edges = {name: set() for row in rows for name in row}
    for path in paths:
        for i in range(len(path) - 1):
            below[path[i]].add(path[i + 1])
            above[path[i + 1]].add(path[i])
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = above if downwards else below
        for row in rows if downwards else rows[::-1]:
            spots = _place(rows)
            means = {}
            for name in row:
                near = sorted(_middle(spots[other]) for other in neighbours[name])
                means[name] = sum(near) / len(near) if near else _middle(spots[name])
            row.sort(key=means.__getitem__)


def _place(rows: list[list[str]]) -> dict[str, tuple[float, float, float]]:
    """Give each box and lane its left edge, its top and its width."""
    spots = {}
    for number, row in enumerate(rows):
        widths = [
            LANE_WIDTH if ">" in name else PADDING + LETTER_WIDTH * len(name)
            for name in row
        ]
        room = WIDTH - 2 * MARGIN - sum(widths)
        gap = min(BOX_GAP, room / max(1, len(row) - 1))
        left = (WIDTH - sum(widths) - gap * (len(row) - 1)) / 2
        top = MARGIN + number * (BOX_HEIGHT + LAYER_GAP)
        for name, width in zip(row, widths, strict=True):
            spots[name] = (left, top, width)
            left += width + gap
    return spots


def _middle(spot: tuple[float, float, float]) -> float:
    return spot[0] + spot[2] / 2


def _arrow(path: list[str], spots: dict[str, tuple[float, float, float]]) -> str:
    x, y = _middle(spots[path[0]]), spots[path[0]][1] + BOX_HEIGHT
    line = f"M{x:.0f} {y:.0f}"
    for name in path[1:]:
        end, top = _middle(spots[name]), spots[name][1]
        bend = LAYER_GAP / 2
        line += (
            f"C{x:.0f} {y + bend:.0f} {end:.0f} {top - bend:.0f} {end:.0f} {top:.0f}"
        )
        x, y = end, top
        if ">" in name:
            y = top + BOX_HEIGHT
            line += f"V{y:.0f}"
    return (
        f'<path d="{line}" fill="none" stroke="currentColor" stroke-opacity=".55" '
        f'marker-end="url(#import-tip)">'
        f"<title>{path[0]} imports {path[-1]}</title></path>"
    )


def _line_above(top: float) -> str:
    y = top - LAYER_GAP / 2
    return f'<path d="M0 {y}H{WIDTH}" stroke="currentColor" stroke-dasharray="1 4"/>'


def _box(name: str, spot: tuple[float, float, float]) -> str:
    left, top, width = spot
    dashes = ' stroke-dasharray="4 3"' if name in COMPILED else ""
    return (
        f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{BOX_HEIGHT}" '
        f'rx="4" fill="currentColor" fill-opacity=".07" stroke="currentColor"{dashes}/>'
        f'<text x="{_middle(spot):.1f}" y="{top + BOX_HEIGHT / 2 + 4}" '
        f'text-anchor="middle" fill="currentColor">{name}</text>'
    )


# ---- the table, and the hook of MkDocs -----------------------------------------------


def table(edges: Edges, layers: list[list[str]]) -> str:
    """Return all imports between packages as a Markdown table."""
    lines = ["| package | imports |", "|---|---|"]
    for name in (name for row in layers for name in row):
        imported = ", ".join(f"`{target}`" for target in sorted(edges[name]))
        lines.append(f"| `{name}` | {imported or 'nothing of the package'} |")
    return "\n".join(lines)


def on_page_markdown(markdown: str, **_: object) -> str:
    """Insert the picture and the table (a hook of MkDocs)."""
    if "<!-- import " not in markdown:
        return markdown
    edges = read_imports()
    layers = read_layers(edges)
    markdown = markdown.replace("<!-- import graph -->", draw(edges, layers))
    return markdown.replace("<!-- import table -->", table(edges, layers))


if __name__ == "__main__":
    sys.stdout.write(draw(read_imports(), read_layers(read_imports())) + "\n")
