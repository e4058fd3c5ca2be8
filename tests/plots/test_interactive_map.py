"""The HTML file: self-contained, with the right data, and safe for any word."""

import json
import re
import sys
from html.parser import HTMLParser
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plot_helpers import NASTY, numbered_vectors, random_vectors

from w2vfast import KeyedVectors, save_map_page
from w2vfast.plots.interactive_map import nearest_others
from w2vfast.plots.wordmap import readable, word_map


class Page(HTMLParser):
    """An HTML file, parsed into tags, scripts and texts."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.scripts = []
        self.texts = {}
        self._open = None
        self.feed(text)
        self.close()
        self.data = json.loads(self.scripts[0])

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, data):
        if self._open == "script":
            self.scripts[-1] += data
        elif self._open:
            self.texts[self._open] = self.texts.get(self._open, "") + data


@pytest.fixture
def save(tmp_path):
    def save(vectors, *arguments, **options):
        path = tmp_path / "map.html"
        save_map_page(path, vectors, *arguments, **options)
        return path.read_text(encoding="utf-8")

    return save


def test_the_data_contains_words_positions_and_neighbours(save):
    vectors = numbered_vectors(40)
    data = Page(save(vectors, top=15, neighbours=5)).data
    assert data["words"][:15] == vectors.index_to_key[:15]
    assert len(data["xy"]) == 30
    assert len(data["neighbours"]) == len(data["cosines"]) == 15
    for word, near, cosines in zip(
        data["words"], data["neighbours"], data["cosines"], strict=False
    ):
        expected = vectors.most_similar(word, topn=5)
        assert [data["words"][i] for i in near] == [other for other, _ in expected]
        np.testing.assert_allclose(
            np.array(cosines) / data["cosineSteps"],
            [c for _, c in expected],
            atol=0.0051,
        )
    # The other words are the neighbours that are not on the map, each once.
    off_map = {i for near in data["neighbours"] for i in near if i >= 15}
    assert off_map == set(range(15, len(data["words"])))


def test_positions_are_those_of_word_map(save):
    vectors = numbered_vectors(40)
    data = Page(save(vectors)).data
    xy = np.array(data["xy"]).reshape(-1, 2)
    assert xy.min() == 0
    assert xy.max() == data["coordinateSteps"]
    points = word_map(vectors).points
    scale = np.ptp(points, axis=0).max() / data["coordinateSteps"]
    np.testing.assert_allclose(xy * scale + points.min(axis=0), points, atol=scale)


def test_no_word_changes_the_markup_or_the_script(save):
    vectors = random_vectors(NASTY)
    page = Page(save(vectors, neighbours=3))
    assert page.data["words"] == [readable(word) for word in NASTY]
    harmless = Page(save(numbered_vectors(len(NASTY))))
    assert page.tags == harmless.tags
    assert page.scripts[1] == harmless.scripts[1]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True))
def test_no_word_closes_the_script_element(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("page") / "map.html"
    save_map_page(path, random_vectors(words), title=words[0])
    page = Page(path.read_text(encoding="utf-8"))
    assert page.data["words"] == [readable(word) for word in words]
    assert len(page.scripts) == 2


def test_words_that_are_not_utf_8_are_made_displayable(save):
    not_utf8 = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert Page(save(random_vectors([not_utf8, "b"]))).data["words"] == [
        "caf\ufffd",
        "b",
    ]


def test_the_title_is_escaped(save):
    page = Page(save(random_vectors("abc"), title="<i>{{note}} & \\1</i>"))
    assert page.texts["title"] == "<i>{{note}} & \\1</i>"
    assert page.texts["h1"] == "<i>{{note}} & \\1</i>"
    assert "i" not in [tag for tag, _ in page.tags]
    assert "3 words, PCA: " in page.texts["p"]
    assert Page(save(random_vectors("abc"))).texts["title"] == "Map of words"


def test_the_file_refers_to_no_other_file_or_host(save):
    text = save(random_vectors("abc"))
    assert not re.search(r"https?:|//[a-z]|@import|url\(|\bimport\b", text)
    page = Page(text)
    addresses = {"src", "href", "srcset", "action", "data", "poster"}
    references = [
        (tag, name, value)
        for tag, attributes in page.tags
        for name, value in attributes.items()
        if name in addresses
    ]
    assert references == [("link", "href", "data:,")]
    for function in ("fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "eval("):
        assert function not in page.scripts[1]
    (policy,) = [
        attributes["content"]
        for tag, attributes in page.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy


def test_the_script_never_parses_text_as_markup():
    file = resources.files("w2vfast") / "plots" / "map.js"
    script = file.read_text(encoding="utf-8")
    for function in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"):
        assert function not in script


def test_matplotlib_is_not_needed(save, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert Page(save(random_vectors("abc"))).data["words"] == ["a", "b", "c"]


@pytest.mark.parametrize("n", [1, 2])
def test_a_map_can_have_one_or_two_words(save, n):
    data = Page(save(numbered_vectors(n))).data
    assert len(data["words"]) == n
    assert [len(near) for near in data["neighbours"]] == [n - 1] * n
    assert data["xy"] == ([0, 0] if n == 1 else data["xy"])


def test_equal_vectors_are_accepted(save):
    data = Page(save(KeyedVectors("abc", np.ones((3, 2))))).data
    assert max(data["xy"]) <= 1


def test_the_number_of_neighbours_may_be_0_but_not_negative(save):
    data = Page(save(random_vectors("abc"), neighbours=0)).data
    assert data["neighbours"] == [[], [], []]
    with pytest.raises(ValueError, match="neighbours must be at least 0, got -1"):
        save(random_vectors("abc"), neighbours=-1)


def test_neighbours_are_the_other_rows_with_the_largest_cosines():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((500, 10), dtype=np.float32)
    rows = np.array([3, 40, 41, 499])
    near, cosines = nearest_others(vectors, rows, 12)
    unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    expected = unit[rows] @ unit.T
    expected[np.arange(4), rows] = -np.inf
    order = np.argsort(-expected, axis=1, kind="stable")[:, :12]
    np.testing.assert_array_equal(near, order)
    np.testing.assert_allclose(
        cosines, np.take_along_axis(expected, order, axis=1), rtol=1e-5
    )


def test_neighbours_with_equal_cosines_are_in_the_order_of_the_rows():
    vectors = np.ones((9, 2), np.float32)
    vectors[8] = 0
    near, cosines = nearest_others(vectors, np.array([0, 7, 8]), 3)
    assert near.tolist() == [[1, 2, 3], [0, 1, 2], [0, 1, 2]]
    assert cosines[2].tolist() == [0, 0, 0]


def test_a_row_that_is_not_finite_is_never_a_neighbour():
    vectors = np.ones((4, 2), np.float32)
    vectors[1] = np.nan
    near, _ = nearest_others(vectors, np.array([0, 3]), 3)
    assert near.tolist() == [[2, 3], [0, 2]]


def test_the_file_for_a_thousand_words_is_below_200_kb(save):
    assert len(save(numbered_vectors(1000), top=1000).encode()) < 200_000


@pytest.mark.parametrize("name", ["map.png", "map.svg", "map.json"])
def test_another_file_than_a_page_is_refused(name, tmp_path):
    message = rf"name ends in \.html, got .*{name}'. For a picture use plot_words"
    with pytest.raises(ValueError, match=message):
        save_map_page(tmp_path / name, numbered_vectors(5))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["map.HTML", "map.htm", "map"])
def test_a_page_may_have_these_names(name, tmp_path):
    assert save_map_page(tmp_path / name, numbered_vectors(5)) == 5
