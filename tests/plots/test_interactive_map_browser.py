"""The page in a real browser: look, search, click, pan and zoom."""

import shutil
import warnings

import numpy as np
import pytest
from map_vectors import NASTY, random_vectors

from w2vfast import KeyedVectors, save_map_page
from w2vfast.plots.wordmap import readable

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
DRIVER = shutil.which("chromedriver")
if not (BROWSER and DRIVER):
    pytest.skip("chromium or chromedriver is not installed", allow_module_level=True)

# Nothing but the page: the browser's own errands would be requests too.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1000,800",
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    options = ChromeOptions()
    options.binary_location = BROWSER
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('user')}"):
        options.add_argument(argument)
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        driver = Chrome(options=options, service=ChromeService(DRIVER))
    yield driver
    driver.quit()


class OpenPage:
    """A page that is open, by what one does with it."""

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
    def picked(self):
        return self.script("return wordMap.pickedWord()")

    @property
    def labels(self):
        """Boxes of the labels on the screen by their words' numbers."""
        shown = self.script("return wordMap.shownLabels()")
        sides = ("left", "top", "right", "bottom")
        return {box["i"]: [box[side] for side in sides] for box in shown}

    def place(self, number):
        return self.script(
            "return [wordMap.screenX(arguments[0]), wordMap.screenY(arguments[0])]",
            number,
        )

    def is_in_view(self, number):
        x, y = self.place(number)
        width, height = self.script("return [innerWidth, innerHeight]")
        return 0 < x < width and 0 < y < height

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def search(self, text):
        self.find("#search").clear()
        self.find("#search").send_keys(text)

    def pointer(self, *steps):
        """Do steps of a mouse: ("move", x, y), ("down",), ("up",)."""
        chain = ActionChains(self.driver, duration=0)
        mouse = chain.w3c_actions.pointer_action
        for step, *place in steps:
            if step == "move":
                mouse.move_to_location(*map(round, place))
            else:
                getattr(mouse, f"pointer_{step}")()
        chain.perform()

    def click(self, x, y):
        self.pointer(("move", x, y), ("down",), ("up",))

    def wheel(self, x, y, amount):
        chain = ActionChains(self.driver)
        chain.w3c_actions.wheel_action.scroll(round(x), round(y), 0, amount)
        chain.perform()

    def pixels(self):
        """Return how many pixels of the drawing have each colour."""
        return self.script(
            """draw();
            const { width, height } = canvas, seen = {};
            const all = pen.getImageData(0, 0, width, height).data;
            for (let i = 0; i < all.length; i += 4) {
                const color = all.slice(i, i + 4).join();
                seen[color] = (seen[color] ?? 0) + 1;
            }
            return seen"""
        )


@pytest.fixture
def open_page(driver, tmp_path):
    def open_page(vectors, **options):
        path = tmp_path / "map.html"
        save_map_page(path, vectors, **{"top": len(vectors), **options})
        driver.get("about:blank")
        driver.get_log("performance"), driver.get_log("browser")
        driver.get(path.as_uri())
        return OpenPage(driver)

    yield open_page
    errors = driver.get_log("browser")
    assert errors == []


def clouds(n=600):
    rng = np.random.default_rng(2)
    middles = rng.normal(size=(4, 10))
    vectors = middles[rng.integers(0, 4, n)] + rng.normal(0, 0.4, (n, 10))
    keys = [f"w{i}" + "x" * int(rng.integers(0, 9)) for i in range(n)]
    return KeyedVectors(keys, vectors.astype(np.float32))


def overlapping(boxes):
    boxes = np.array(list(boxes))
    a, b = boxes[:, None], boxes[None]
    apart = (a[..., :2] >= b[..., 2:] - 1e-6) | (b[..., :2] >= a[..., 2:] - 1e-6)
    return int(np.triu(~apart.any(axis=-1), 1).sum())


def test_the_page_loads_nothing_but_itself(open_page, driver):
    page = open_page(random_vectors(NASTY), title="https://example.org/")
    page.search("w")
    assert page.script("return performance.getEntriesByType('resource').length") == 0
    requests = [
        entry["message"]
        for entry in driver.get_log("performance")
        if '"Network.requestWillBeSent"' in entry["message"]
    ]
    assert len(requests) == 1
    assert "/map.html" in requests[0]


def test_what_it_draws_is_seen(open_page):
    colors = open_page(clouds()).pixels()
    dots = sum(colors.get(color, 0) for color in ("43,108,163,255", "180,188,196,255"))
    assert dots > 1800  # some pixels of each of the 600
    assert colors["26,26,26,255"] > 200  # letters


def test_labels_never_overlap_and_stay_when_one_zooms_in(open_page):
    page = open_page(clouds())
    middle = page.place(0)
    before = {}
    for _ in range(14):
        labels = page.labels
        assert len(labels) > 0
        assert overlapping(labels.values()) == 0
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


def test_search_picks_a_word_and_shows_its_neighbours(open_page):
    vectors = clouds()
    page = open_page(vectors, top=300, neighbours=7)
    word = vectors.index_to_key[123]
    page.search(word.upper())
    assert page.texts("[role=option]")[0] == word
    assert page.find("#search").get_attribute("aria-expanded") == "true"
    page.press(Keys.ENTER)
    assert page.picked == word
    assert page.find("#name").text == word
    near = vectors.most_similar(word, topn=7)
    shown = [f"{other}\n{cosine:.2f}" for other, cosine in near]
    assert page.texts("#near li") == shown
    assert abs(page.place(123)[0] - page.script("return innerWidth") / 2) < 1
    assert 123 in page.labels
    assert overlapping(page.labels.values()) == 0
    on_map = [other for other, _ in near if other in vectors.index_to_key[:300]]
    assert page.texts("#near button") == on_map
    assert all(page.is_in_view(vectors.key_to_index[other]) for other in on_map)
    page.find("#near button").click()
    assert page.picked == on_map[0]
    page.find("#all").click()  # beside the panel
    panel = page.find("#word").rect
    assert max(page.place(i)[0] for i in range(300)) < panel["x"]


def test_search_lists_exact_then_beginning_then_middle(open_page):
    keys = ["abcd", "xab", "AB", "zzz", "ab2", "Äb"]
    page = open_page(random_vectors(keys))
    page.search("ab")
    assert page.texts("[role=option]") == ["AB", "abcd", "ab2", "xab"]
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    active = page.find("#search").get_attribute("aria-activedescendant")
    assert page.find(f"#{active}").text == "abcd"
    page.press(Keys.ENTER)
    assert page.picked == "abcd"
    page.search("A\u0308B")  # the same letter, written as two
    assert page.texts("[role=option]") == ["Äb"]
    page.find("[role=option]").click()
    assert page.picked == "Äb"
    page.search("nothing")
    assert page.texts("[role=option]") == []
    assert page.find("#status").text == "No such word on the map"
    page.press(Keys.ENTER)
    assert page.picked == "Äb"


def test_a_click_on_a_label_or_a_dot_picks_the_word(open_page):
    page = open_page(clouds())
    labels = page.labels
    free = {i: box for i, box in labels.items() if box[0] > 320 and box[2] < 680}
    number, box = next(iter(free.items()))
    page.click(box[2] - 10, (box[1] + box[3]) / 2)
    assert page.picked == page.script("return wordMap.words[arguments[0]]", number)
    assert page.find("#word").is_displayed()
    page.press(Keys.ESCAPE)
    assert page.picked is None
    assert not page.find("#word").is_displayed()
    # A dot without a label, alone.
    page.search("w599")
    page.press(Keys.ENTER, Keys.ESCAPE, Keys.ESCAPE)
    page.script("zoomMiddle(40)")
    page.click(*page.place(599))
    assert page.picked.startswith("w599")
    page.find("#close").click()
    assert page.picked is None


def test_the_mouse_pans_and_does_not_pick(open_page):
    page = open_page(clouds())
    before = page.view
    page.pointer(
        ("move", 500, 300), ("down",), ("move", 450, 320), ("move", 380, 345), ("up",)
    )
    after = page.view
    assert (after["x"] - before["x"], after["y"] - before["y"]) == (-120, 45)
    assert after["scale"] == before["scale"]
    assert page.picked is None


def test_the_wheel_zooms_at_the_mouse(open_page):
    page = open_page(clouds())
    number = next(iter(page.labels))
    x, y = map(round, page.place(number))
    before = page.view["scale"]
    page.wheel(x, y, -300)
    assert page.view["scale"] > 1.5 * before
    np.testing.assert_allclose(page.place(number), (x, y), atol=2)
    page.wheel(x, y, 300)
    assert page.view["scale"] == pytest.approx(before)


def test_two_fingers_zoom(open_page, driver):
    page = open_page(clouds())
    before = page.view["scale"]

    def touch(kind, *points):
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        driver.execute_cdp_cmd(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )

    touch("touchStart", (450, 300), (550, 300))
    touch("touchMove", (430, 300), (570, 300))
    touch("touchMove", (400, 300), (600, 300))
    touch("touchEnd")
    assert page.view["scale"] == pytest.approx(2 * before, rel=0.05)
    assert page.picked is None


def test_the_keyboard_does_all_of_it(open_page):
    page = open_page(clouds())
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
    assert page.picked.startswith("w17")
    page.press(Keys.ESCAPE, Keys.ESCAPE)
    assert page.picked is None
    page.find("#all").click()
    assert page.view == whole


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colors_follow_the_preference(open_page, driver, scheme):
    page = open_page(clouds(50))
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


def test_any_word_is_shown_as_text(open_page):
    page = open_page(random_vectors(NASTY), neighbours=len(NASTY))
    for word in NASTY:
        shown = readable(word)
        if not shown.strip():
            continue
        page.script("pick(wordMap.words.indexOf(arguments[0]))", shown)
        assert page.script("return byId('name').textContent") == shown
    others = page.script(
        "return [...byId('near').querySelectorAll('button')].map((b) => b.textContent)"
    )
    assert sorted([*others, shown]) == sorted(map(readable, NASTY))
    assert page.script("return document.images.length") == 0
    assert page.script("return document.scripts.length") == 2
    page.search("</SCRIPT")
    assert page.texts("[role=option]") == ["</script>"]


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_words_are_seen(open_page, n):
    page = open_page(random_vectors(["one", "two"][:n]))
    assert list(page.labels) == list(range(n))
    page.search("one")
    page.press(Keys.ENTER)
    assert page.picked == "one"
    assert 0 in page.labels


def test_words_in_one_place_can_still_be_found(open_page):
    page = open_page(KeyedVectors(["one", "two", "three"], np.ones((3, 2))))
    assert overlapping(page.labels.values()) == 0
    for word in ("one", "two", "three"):
        page.search(word)
        page.press(Keys.ENTER)
        assert page.picked == word
        assert page.find("#name").text == word


def test_a_small_screen_has_room_for_all_of_it(open_page, driver):
    size = driver.get_window_size()
    driver.set_window_size(500, 800)
    try:
        page = open_page(clouds(200))
        head = page.script("return byId('head').getBoundingClientRect().bottom")
        tops = [page.place(i)[1] for i in range(200)]
        assert min(tops) > head
        page.search("w20")
        page.press(Keys.ENTER)
        panel = page.script("return byId('word').getBoundingClientRect().toJSON()")
        assert panel["top"] > head
        assert panel["right"] <= page.script("return innerWidth")
        assert page.place(20)[1] < panel["top"]
    finally:
        driver.set_window_size(size["width"], size["height"])


def test_thousands_of_words_are_laid_out_soon(open_page):
    page = open_page(clouds(5000), top=5000)
    assert page.script("return wordMap.words.length") == 5000
    assert overlapping(page.labels.values()) == 0
