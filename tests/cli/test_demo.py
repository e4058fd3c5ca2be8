"""`w2vfast demo`: neighbours of characters in Tang poems."""

import re

import pytest

from w2vfast.cli.main import main


@pytest.mark.slow
def test_the_demo_prints_plausible_neighbours(capfd):
    assert main(["demo"]) == 0
    shown = capfd.readouterr().out
    assert "132,000 verses" in shown
    assert re.search(r"Speed: +[\d,]+ tokens/s", shown)
    assert "w2vfast train -train corpus.txt -output vectors.txt" in shown
    for query, neighbours in {
        "月": "日雪",
        "山": "嶺峰",
        "酒": "杯醉",
        "馬": "蹄騎",
    }.items():
        (line,) = re.findall(rf"^  {query} .*", shown, re.MULTILINE)
        assert set(neighbours) & set(line), line
