"""The interactive map in a real browser: labels, search, mouse, touch and keys."""

import numpy as np
import pytest
from browsers import headless_browser
from plot_helpers import (
    NASTY,
    clustered_vectors,
    count_overlaps,
    random_vectors,
)

from w2vfast import KeyedVectors, save_map_page
from w2vfast.plots.wordmap import readable

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with headless_browser(tmp_path_factory.mktemp("user"), "1000,800") as driver:
        yield driver


class OpenMap:
    """A map that is open in the browser, with the actions of its user."""

    def __init__(self, driver):
        self.driver = driver

    def script(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return [element.text for element in found]

    @property
    def view(self):
        return self.script("return {...wordMap.view}")

    @property
    def selected(self):
        return self.script("return wordMap.selectedWord()")

    @property
    def labels(self):
        """Boxes of the visible labels, by the indices of their words."""
        shown = self.script("return wordMap.shownLabels()")
        sides = ("left", "top", "right", "bottom")
        return {box["i"]: [box[side] for side in sides] for box in shown}

    def position(self, index):
        return self.script(
            "return [wordMap.screenX(arguments[0]), wordMap.screenY(arguments[0])]",
            index,
        )

    def is_in_view(self, index):
        x, y = self.position(index)
        width, height = self.script("return [innerWidth, innerHeight]")
        return 0 < x < width and 0 < y < height

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def search(self, text):
        self.find("#search").clear()
        self.find("#search").send_keys(text)

    def pointer(self, *steps):
        """Perform mouse steps: ("move", x, y), ("down",), ("up",)."""
        chain = ActionChains(self.driver, duration=0)
        mouse = chain.w3c_actions.pointer_action
        for step, *position in steps:
            if step == "move":
                mouse.move_to_location(*map(round, position))
            else:
                getattr(mouse, f"pointer_{step}")()
        chain.perform()

    def click(self, x, y):
        self.pointer(("move", x, y), ("down",), ("up",))

    def wheel(self, x, y, amount):
        chain = ActionChains(self.driver)
        chain.w3c_actions.wheel_action.scroll(round(x), round(y), 0, amount)
        chain.perform()

    def touch(self, kind, *points):
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        self.driver.execute_cdp_cmd(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )

    def colours_at(self, points):
        """Return the colours of some pixels of the canvas, as r,g,b,a."""
        return self.script(
            """draw();
            const all = context.getImageData(0, 0, canvas.width, canvas.height).data;
            return arguments[0].map(([x, y]) => {
                const start = 4 * (Math.round(y) * canvas.width + Math.round(x));
                return all.slice(start, start + 4).join();
            })""",
            points,
        )

    def pixels(self):
        """Count the pixels of each colour on the canvas."""
        return self.script(
            """draw();
            const { width, height } = canvas, seen = {};
            const all = context.getImageData(0, 0, width, height).data;
            for (let i = 0; i < all.length; i += 4) {
                const color = all.slice(i, i + 4).join();
                seen[color] = (seen[color] ?? 0) + 1;
            }
            return seen"""
        )


@pytest.fixture
def open_map(driver, tmp_path):
    def open_map(vectors, **options):
        path = tmp_path / "map.html"
        save_map_page(path, vectors, **{"top": len(vectors), **options})
        driver.get("about:blank")
        driver.get_log("performance"), driver.get_log("browser")
        driver.get(path.as_uri())
        return OpenMap(driver)

    yield open_map
    errors = driver.get_log("browser")
    assert errors == []


@pytest.fixture
def vectors():
    return clustered_vectors(600, n_clusters=4, spread=0.4)


def test_opening_and_searching_cause_no_requests(open_map, driver):
    page = open_map(random_vectors(NASTY), title="https://example.org/")
    page.search("w")
    assert page.script("return performance.getEntriesByType('resource').length") == 0
    requests = [
        entry["message"]
        for entry in driver.get_log("performance")
        if '"Network.requestWillBeSent"' in entry["message"]
    ]
    assert len(requests) == 1
    assert "/map.html" in requests[0]


def test_dots_and_labels_are_drawn(open_map, vectors):
    colors = open_map(vectors).pixels()
    dots = sum(colors.get(color, 0) for color in ("43,108,163,255", "180,188,196,255"))
    assert dots > 1800  # a few pixels for each of the 600
    assert colors["26,26,26,255"] > 200  # text


def test_each_dot_is_drawn_at_its_position(open_map):
    page = open_map(random_vectors([f"w{i}" for i in range(30)]))
    colours = page.colours_at([page.position(i) for i in range(30)])
    assert set(colours) <= {"43,108,163,255", "180,188,196,255"}


def test_lines_connect_the_selected_word_with_its_neighbours(open_map):
    page = open_map(random_vectors(["one", "two"]))
    page.script("select(0)")
    (x, y), (other_x, other_y) = page.position(0), page.position(1)
    x, y = x + (other_x - x) / 4, y + (other_y - y) / 4
    on_line = page.colours_at([[x, y + step] for step in (-2, -1, 0, 1, 2)])
    assert set(on_line) > {"0,0,0,0"}  # a line of about one pixel


def test_the_label_of_a_hovered_word_is_shown(open_map, vectors):
    page = open_map(vectors)
    hidden = set(range(600)) - set(page.labels)
    index = next(i for i in hidden if 320 < page.position(i)[0] < 680)
    page.script("zoomAt(arguments[0], arguments[1], 3)", *page.position(index))
    page.script("visibleFrom[arguments[0]] = 1e9", index)  # hidden at any zoom
    assert index not in page.labels
    page.pointer(("move", *page.position(index)))
    assert index in page.labels
    page.pointer(("move", 5, 400))
    assert index not in page.labels


def test_labels_outside_the_screen_are_left_out(open_map, vectors):
    page = open_map(vectors)
    page.script("zoomAtCentre(6)")
    width, height = page.script("return [innerWidth, innerHeight]")
    boxes = list(page.labels.values())
    assert 0 < len(boxes) < 600
    assert all(box[0] < width and box[2] > 0 for box in boxes)
    assert all(box[1] < height and box[3] > 0 for box in boxes)


def test_the_map_is_fitted_again_when_the_window_is_resized(open_map, driver):
    size = driver.get_window_size()
    page = open_map(clustered_vectors(200))
    driver.set_window_size(700, 600)
    try:
        width = page.script("return innerWidth * devicePixelRatio")
        assert page.script("return canvas.width") == width
        assert all(page.is_in_view(i) for i in range(200))
    finally:
        driver.set_window_size(size["width"], size["height"])


def test_labels_never_overlap_and_none_disappears_when_zooming_in(open_map, vectors):
    page = open_map(vectors)
    middle = page.position(0)
    before = {}
    for _ in range(14):
        labels = page.labels
        assert len(labels) > 0
        assert count_overlaps(labels.values()) == 0
        inside = {i for i in before if page.is_in_view(i)}
        assert inside <= set(labels)
        before = labels
        page.script("zoomAt(arguments[0], arguments[1], 1.5)", *middle)
    page.script("showAll()")
    n_overview = len(page.labels)
    assert 30 < n_overview < 600
    page.script("zoomAt(arguments[0], arguments[1], 3)", *middle)
    in_view = sum(page.is_in_view(i) for i in range(600))
    assert len(page.labels) / in_view > 2 * n_overview / 600


def test_search_selects_a_word_and_shows_its_neighbours(open_map, vectors):
    page = open_map(vectors, top=300, all_words=True, neighbours=7)
    word = vectors.index_to_key[123]
    page.search(word.upper())
    assert page.texts("[role=option]")[0] == word
    assert page.find("#search").get_attribute("aria-expanded") == "true"
    page.press(Keys.ENTER)
    assert page.selected == word
    assert page.find("#name").text == word
    near = vectors.most_similar(word, topn=7)
    shown = [f"{other}\n{cosine:.2f}" for other, cosine in near]
    assert page.texts("#neighbours li") == shown
    assert abs(page.position(123)[0] - page.script("return innerWidth") / 2) < 1
    assert 123 in page.labels
    assert count_overlaps(page.labels.values()) == 0
    on_map = [other for other, _ in near if other in vectors.index_to_key[:300]]
    assert page.texts("#neighbours button") == on_map
    assert all(page.is_in_view(vectors.key_to_index[other]) for other in on_map)
    page.find("#neighbours button").click()
    assert page.selected == on_map[0]
    page.find("#all").click()  # fits the map between the panels
    panel = page.find("#details").rect
    assert max(page.position(i)[0] for i in range(300)) < panel["x"]


def test_search_lists_exact_matches_then_prefixes_then_substrings(open_map):
    keys = ["abcd", "xab", "AB", "zzz", "ab2", "Äb"]
    page = open_map(random_vectors(keys))
    page.search("ab")
    assert page.texts("[role=option]") == ["AB", "abcd", "ab2", "xab"]
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    active = page.find("#search").get_attribute("aria-activedescendant")
    assert page.find(f"#{active}").text == "abcd"
    page.press(Keys.ENTER)
    assert page.selected == "abcd"
    page.search("A\u0308B")  # the same letter, decomposed
    assert page.texts("[role=option]") == ["Äb"]
    page.find("[role=option]").click()
    assert page.selected == "Äb"
    page.search("nothing")
    assert page.texts("[role=option]") == []
    assert page.find("#status").text == "No matching word on the map"
    page.press(Keys.ENTER)
    assert page.selected == "Äb"


def test_keys_of_an_input_method_do_not_select(open_map):
    page = open_map(random_vectors(["one", "two"]))
    page.search("one")
    press = """byId("search").dispatchEvent(new KeyboardEvent(
        "keydown", { key: "Enter", isComposing: arguments[0] }))"""
    page.script(press, True)
    assert page.selected is None
    page.script(press, False)
    assert page.selected == "one"


def test_a_click_on_a_label_or_a_dot_selects_the_word(open_map, vectors):
    page = open_map(vectors)
    labels = page.labels
    free = {i: box for i, box in labels.items() if box[0] > 320 and box[2] < 680}
    number, box = next(iter(free.items()))
    page.click(box[2] - 10, (box[1] + box[3]) / 2)
    assert page.selected == page.script("return wordMap.words[arguments[0]]", number)
    assert page.find("#details").is_displayed()
    page.press(Keys.ESCAPE)
    assert page.selected is None
    assert not page.find("#details").is_displayed()
    # A dot that has no label in the overview.
    page.search("w599")
    page.press(Keys.ENTER, Keys.ESCAPE, Keys.ESCAPE)
    page.script("zoomAtCentre(40)")
    page.click(*page.position(599))
    assert page.selected.startswith("w599")
    page.find("#close").click()
    assert page.selected is None


def test_dragging_pans_without_selecting(open_map, vectors):
    page = open_map(vectors)
    before = page.view
    page.pointer(
        ("move", 500, 300), ("down",), ("move", 450, 320), ("move", 380, 345), ("up",)
    )
    after = page.view
    assert (after["x"] - before["x"], after["y"] - before["y"]) == (-120, 45)
    assert after["scale"] == before["scale"]
    assert page.selected is None


def test_the_wheel_zooms_at_the_mouse_position(open_map, vectors):
    page = open_map(vectors)
    number = next(iter(page.labels))
    x, y = map(round, page.position(number))
    before = page.view["scale"]
    page.wheel(x, y, -300)
    assert page.view["scale"] > 1.5 * before
    np.testing.assert_allclose(page.position(number), (x, y), atol=2)
    page.wheel(x, y, 300)
    assert page.view["scale"] == pytest.approx(before)


def test_two_fingers_zoom_without_selecting(open_map, vectors):
    page = open_map(vectors)
    before = page.view["scale"]
    page.touch("touchStart", (450, 300), (550, 300))
    page.touch("touchMove", (430, 300), (570, 300))
    page.touch("touchMove", (400, 300), (600, 300))
    page.touch("touchEnd")
    assert page.view["scale"] == pytest.approx(2 * before, rel=0.05)
    assert page.selected is None
    first, second = (page.position(i) for i in list(page.labels)[:2])
    page.touch("touchStart", first, second)
    page.touch("touchEnd")
    assert page.selected is None
    page.touch("touchStart", first)  # one finger does select
    page.touch("touchEnd")
    assert page.selected is not None


def test_everything_works_with_the_keyboard(open_map, vectors):
    page = open_map(vectors)
    whole = page.view
    page.script("canvas.focus()")
    page.press(Keys.ARROW_LEFT, Keys.ARROW_DOWN)
    assert (page.view["x"], page.view["y"]) == (whole["x"] + 60, whole["y"] - 60)
    page.press("++")
    assert page.view["scale"] == pytest.approx(1.4**2 * whole["scale"])
    page.press("-")
    assert page.view["scale"] == pytest.approx(1.4 * whole["scale"])
    page.press("0")
    assert page.view == whole
    page.press("/")
    page.press("w17", Keys.ENTER)
    assert page.selected.startswith("w17")
    page.press(Keys.ESCAPE, Keys.ESCAPE)
    assert page.selected is None
    page.find("#all").click()
    assert page.view == whole


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_preferred_scheme(open_map, driver, scheme):
    page = open_map(clustered_vectors(50))
    media = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [media]})
    try:
        ink = {"light": "26,26,26,255", "dark": "232,234,237,255"}
        assert page.pixels().get(ink[scheme], 0) > 50
        background = page.script(
            "return getComputedStyle(document.body).backgroundColor"
        )
        assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_any_word_is_shown_as_text(open_map):
    page = open_map(random_vectors(NASTY), neighbours=len(NASTY))
    for word in NASTY:
        shown = readable(word)
        if not shown.strip():
            continue
        page.script("select(wordMap.words.indexOf(arguments[0]))", shown)
        assert page.script("return byId('name').textContent") == shown
    others = page.script(
        """return [...byId('neighbours').querySelectorAll('button')]
            .map((button) => button.textContent)"""
    )
    assert sorted([*others, shown]) == sorted(map(readable, NASTY))
    assert page.script("return document.images.length") == 0
    assert page.script("return document.scripts.length") == 2
    page.search("</SCRIPT")
    assert page.texts("[role=option]") == ["</script>"]


@pytest.mark.parametrize("n", [1, 2])
def test_a_map_can_have_one_or_two_words(open_map, n):
    page = open_map(random_vectors(["one", "two"][:n]))
    assert list(page.labels) == list(range(n))
    page.search("one")
    page.press(Keys.ENTER)
    assert page.selected == "one"
    assert 0 in page.labels


def test_words_at_the_same_position_can_be_found(open_map):
    page = open_map(KeyedVectors(["one", "two", "three"], np.ones((3, 2))))
    assert count_overlaps(page.labels.values()) == 0
    for word in ("one", "two", "three"):
        page.search(word)
        page.press(Keys.ENTER)
        assert page.selected == word
        assert page.find("#name").text == word


def test_panels_do_not_cover_the_map_on_a_narrow_screen(open_map, driver):
    size = driver.get_window_size()
    driver.set_window_size(500, 800)
    try:
        page = open_map(clustered_vectors(200))
        head = page.script("return byId('head').getBoundingClientRect().bottom")
        tops = [page.position(i)[1] for i in range(200)]
        assert min(tops) > head
        page.search("w20")
        page.press(Keys.ENTER)
        panel = page.script("return byId('details').getBoundingClientRect().toJSON()")
        assert panel["top"] > head
        assert panel["right"] <= page.script("return innerWidth")
        assert page.position(20)[1] < panel["top"]
    finally:
        driver.set_window_size(size["width"], size["height"])


def test_thousands_of_words_are_supported(open_map):
    page = open_map(clustered_vectors(5000), top=5000)
    assert page.script("return wordMap.words.length") == 5000
    assert count_overlaps(page.labels.values()) == 0
