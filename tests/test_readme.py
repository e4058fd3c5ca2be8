"""The README keeps its promises of form; `test_docs.py` runs its code."""

import re

import pytest
from helpers import ROOT

README = (ROOT / "README.md").read_text("utf-8")
QUICK_START = ["pip install . && w2vfast demo", 'pip install ".[test]" && pytest']


def test_the_first_two_code_blocks_are_the_quick_start():
    blocks = re.findall(r"^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert [block.strip() for block in blocks[:2]] == QUICK_START
    # The automatic checks run every line that looks like this one.
    assert re.findall(r"^pip install .* && .*$", README, re.MULTILINE) == QUICK_START


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150


def test_differences_with_errors_are_those_of_the_benchmarks():
    found = re.findall(r"[+−][\d.]+ ± [\d.]+\d", README)
    benchmarks = (ROOT / "docs" / "benchmarks" / "quality.md").read_text("utf-8")
    assert found
    assert [figure for figure in found if figure not in benchmarks] == []


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)", README))
def test_links_lead_to_files(link):
    assert (ROOT / link).is_file()
