"""matplotlib figures: create one, and check that matplotlib can write a file format."""

from __future__ import annotations

import functools
import importlib
import io
from collections.abc import Collection
from pathlib import PurePath
from typing import Any

DPI = 150
# Formats that some version of matplotlib writes.
_RASTER = {"avif", "gif", "jpeg", "jpg", "png", "raw", "rgba", "tif", "tiff", "webp"}
IMAGES = _RASTER | {"eps", "pdf", "pgf", "ps", "svg", "svgz"}
INK, FAINT, ACCENT = "#1a1a1a", "#8c8c8c", "#2b6ca3"  # colours of text, notes and data


def require_matplotlib() -> None:
    """Raise an ImportError with the install command if matplotlib is missing."""
    try:
        importlib.import_module("matplotlib")
    except ImportError as error:
        message = (
            'plots need matplotlib: pip install "w2vfast[plot]". The interactive map, '
            "a file that ends in .html, needs no other package."
        )
        raise ImportError(message) from error


def new_figure(inches: tuple[float, float]) -> Any:
    """Create a matplotlib figure of a width and height.

    Without pyplot, which would open windows and keep every figure in memory.  A
    notebook shows it as a picture.
    """
    figure = importlib.import_module("matplotlib.figure")
    agg = importlib.import_module("matplotlib.backends.backend_agg")
    new = figure.Figure(figsize=inches, dpi=DPI, facecolor="white")
    agg.FigureCanvasAgg(new)
    new._repr_png_ = functools.partial(_png, new)
    return new


def _png(figure: Any) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    return picture.getvalue()


def image_format(path: str) -> str:
    """Return the image format that a file name asks for, such as "png".

    Raises
    ------
    ValueError
        If matplotlib does not write that format.
    ImportError
        If matplotlib is missing.
    """
    suffix = PurePath(path).suffix.lower().removeprefix(".")
    known: Collection[str] = IMAGES
    if suffix in IMAGES:  # else matplotlib, which takes a while to import, is not asked
        require_matplotlib()
        known = new_figure((1, 1)).canvas.get_supported_filetypes()
    if suffix not in known:
        message = (
            f"{path}: the file name must end in .html for an interactive map, or for "
            f"an image in .{', .'.join(sorted(known))}."
        )
        raise ValueError(message)
    return suffix
