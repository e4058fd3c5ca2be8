"""Figures: matplotlib is required, and must be able to write the file format."""

import pickle
import sys

import pytest

from w2vfast.plots.figures import image_format, new_figure, require_matplotlib


@pytest.mark.parametrize("call", [require_matplotlib, lambda: image_format("map.png")])
def test_without_matplotlib_the_error_gives_the_install_command(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "w2vfast\[plot\]"'):
        call()


def test_the_format_is_the_suffix_of_the_file_name():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    assert image_format("map.PNG") == "png"
    assert image_format("some.folder/map.svg") == "svg"


@pytest.mark.parametrize("name", ["map", "map.txt", "map.png.gz"])
def test_an_unknown_format_is_rejected_with_the_known_ones(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # before it is imported
    with pytest.raises(ValueError, match=rf"{name}: the file name must .* \.png"):
        image_format(name)


def test_a_notebook_shows_a_figure_as_a_picture():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    figure = new_figure((2, 1))
    assert figure._repr_png_().startswith(b"\x89PNG")
    again = pickle.loads(pickle.dumps(figure))
    assert again._repr_png_().startswith(b"\x89PNG")
