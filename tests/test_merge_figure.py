"""The picture of merges in the documentation shows what the text says."""

import xml.etree.ElementTree as ET

import pytest
from helpers import ROOT, load_script

SCRIPT = ROOT / "docs" / "_scripts" / "merge_figure.py"
if not SCRIPT.exists():
    pytest.skip("the documentation is not here", allow_module_level=True)


@pytest.fixture(scope="module")
def figure():
    return load_script(SCRIPT)


@pytest.mark.parametrize("strength", [1.0, 0.05])
def test_transport_is_one_worker_that_makes_all_updates(figure, strength):
    got = figure.distances(figure.transport, strength)
    assert got == pytest.approx(figure.one_worker(strength))


def test_the_sum_diverges_in_steep_directions_and_the_average_lags_in_flat_ones(figure):
    steep = {n: figure.distances(r, 1.0)[-1] for n, (r, _) in figure.RULES.items()}
    flat = {n: figure.distances(r, 0.05)[-1] for n, (r, _) in figure.RULES.items()}
    assert abs(steep["sum"]) > 10
    assert abs(steep["average"]) < 0.01
    assert flat["average"] > 2 * flat["transport"]
    assert flat["sum"] == pytest.approx(flat["transport"], abs=0.05)


def test_the_picture_has_a_line_for_each_rule_and_direction(figure):
    page = figure.on_page_markdown("before <!-- merge figure --> after")
    picture = ET.fromstring(page.removeprefix("before ").removesuffix(" after"))
    tag = "{http://www.w3.org/2000/svg}"
    lines = picture.findall(f".//{tag}polyline")
    assert len(lines) == len(figure.RULES) * len(figure.DIRECTIONS)
    colours = {line.get("stroke") for line in lines}
    assert colours == {"currentColor"}  # that of the text, light or dark


def test_the_page_on_threads_shows_it(figure):
    del figure
    page = ROOT / "docs" / "how-it-works" / "threads.md"
    assert "<!-- merge figure -->" in page.read_text(encoding="utf-8")
