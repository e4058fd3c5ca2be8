"""The examples run in seconds by --small, and what they show is there to be seen.

Each has a check of its own, of something that would be missing if nothing was learnt.
Bounds are far from what was measured: several threads never give the same twice.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import CHILD_OPTIONS, EXAMPLES

SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def figure(said, label):
    """Return the number after a label, in percent or not."""
    found = re.search(re.escape(label) + r"\s+([\d.]+)", said)
    assert found, f"{label!r} is not in\n{said}"
    return float(found[1])


def check_tang_poems(said, folder):
    # The two characters of one word, and a number beside a number.
    assert re.search(r"琵 [^\n]*?  琶 0\.\d\d", said)
    assert re.search(r"三 [^\n]*  [一二四五六七八九] 0\.\d\d", said)
    assert "春" in (folder / "map.html").read_text(encoding="utf-8")
    assert (folder / "map.png").exists() != ("no map.png: " in said)


def check_wikipedia_phrases(said, _):
    assert "琵_琶" in said
    assert said.count("asked 630 of 630 (100%)") == 2
    # 47 % and 33 %; a guess is right once in 3,500 times.
    for accuracy in re.findall(r"([\d.]+)% directions", said):
        assert float(accuracy) > 15


def check_deepwalk(said, _):
    chance = figure(said, "by chance")
    in_graph = figure(said, "neighbours in the graph")
    assert (chance, in_graph) == (0.5, 0.859)  # of the club, whatever is learnt
    assert figure(said, "nearest by the vectors") > 0.8  # 0.91 to 0.96


def check_continue_training(said, _):
    assert "with the same bytes: yes" in said
    before = figure(said, "earlier poems")
    assert before > 0.59  # 0.613
    # 0.634: what came later was learnt, what came earlier not lost.
    assert figure(said, "from half the learning rate") > before + 0.01
    assert figure(said, "with the characters that are new") > before + 0.01  # 0.637
    assert figure(said, "came in as new:") == 539
    alone = figure(said, "later poems alone")
    begun = figure(said, "begun with the earlier vectors")
    assert begun > alone + 0.008  # 0.640 and 0.624
    assert figure(said, "all of them in one training") > before + 0.02  # 0.648
    assert figure(said, "history of the model:") == 20


def check_choose_settings(said, _):
    rows = re.findall(r"window (\d) .* choose ([\d.]+) ± ([\d.]+)", said)
    shares = {window: [] for window, *_ in rows}
    for window, share, deviation in rows:
        shares[window].append(float(share))
        assert 0 < float(deviation) < 0.01
    assert min(shares["2"]) > 0.59  # 0.613
    assert max(shares["2"]) + 0.005 < min(shares["5"])  # 0.627
    assert re.search(r"best: .*'window': 5", said)
    assert re.search(r"mean nothing|no other lies", said)


# Here, or in a file of its own.
CHECKS = {
    name.removeprefix("check_"): check
    for name, check in list(globals().items())
    if name.startswith("check_")
}


def test_every_example_is_tested_and_has_a_line_in_the_list():
    own = [s for s in SCRIPTS if (Path(__file__).parent / f"test_{s}.py").exists()]
    assert sorted({*CHECKS, *own}) == SCRIPTS
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[(\w+)\.py\]", listed, re.MULTILINE)) == SCRIPTS


@pytest.mark.parametrize("name", CHECKS)
def test_an_example_shows_what_it_promises(name, tmp_path):
    ran = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", "--small"],
        **CHILD_OPTIONS | {"cwd": tmp_path},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    CHECKS[name](ran.stdout, tmp_path)
