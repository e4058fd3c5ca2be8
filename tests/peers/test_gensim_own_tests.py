"""gensim's own tests pass, but for those that the documentation explains."""

import re
from pathlib import Path

import gensim_own_tests
import pytest

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(900)]
PAGE = Path(__file__).parents[2] / "docs" / "coming-from" / "gensim.md"
LEAST = {"test_keyedvectors.py": 0.95, "test_word2vec.py": 0.85}


def explained(file):
    """Return the tests that the table of the documentation gives for a file."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", PAGE.read_text("utf-8"), re.M)
    return {test for name, test in rows if f"{name}.py" == file}


@pytest.mark.parametrize("file", gensim_own_tests.IMPORTS)
def test_gensims_tests_pass_or_are_explained(file):
    for package in ("gensim", "testfixtures"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    found = gensim_own_tests.run(file)
    assert found.share >= LEAST[file]
    assert set(found.failed) == explained(file)
