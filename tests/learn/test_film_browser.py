"""The film in a real browser: time, keys, words, languages, widths."""

import pytest
from recordings import a_recording

from w2vfast import save_learn_page

pytestmark = pytest.mark.browser

WORDS = ["king", "queen", "<b>x", "&amp;", "crown", "北京", "cat", "dog", "mouse", "a"]
PRESS = """document.body.dispatchEvent(
    new KeyboardEvent("keydown", { key: arguments[0], bubbles: true }))"""


@pytest.fixture
def page(driver, tmp_path):
    path = tmp_path / "film.html"
    save_learn_page(path, a_recording(n_frames=21, words=WORDS, dim=5))
    driver.get(path.as_uri())
    driver.execute_script("language = 'en'; translate()")
    yield driver
    assert driver.get_log("browser") == []


def test_the_film_opens_at_its_end_and_plays_from_the_start(page):
    assert page.execute_script("return at") == 20
    start = "byId('play').click(); return [at, isPlaying]"
    assert page.execute_script(start) == [0, True]
    page.execute_async_script("setTimeout(arguments[0], 500)")
    page.execute_script("byId('play').click()")
    reached = page.execute_script("return at")
    assert 0 < reached < 20
    page.execute_async_script("setTimeout(arguments[0], 150)")
    assert page.execute_script("return at") == reached


def test_the_film_stops_at_its_end(page):
    page.execute_script("goTo(19.9); byId('speed').value = '4'; byId('play').click()")
    page.execute_async_script("setTimeout(arguments[0], 500)")
    assert page.execute_script("return [at, isPlaying]") == [20, False]


def test_keys_move_by_a_frame_and_to_both_ends(page):
    moments = []
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight"):
        page.execute_script(PRESS, key)
        moments.append(page.execute_script("return at"))
    assert moments == [0, 1, 2, 1, 20, 20]
    page.execute_script(PRESS, " ")
    assert page.execute_script("return isPlaying")


def test_the_slider_and_the_curves_choose_the_moment(page):
    page.execute_script(
        """const slider = byId("frame"); slider.value = 5;
        slider.dispatchEvent(new Event("input"))"""
    )
    assert page.find_element("id", "epoch").text == "epoch 0.50 of 2"
    page.execute_script(
        """const { left, width, top } = byId("loss").getBoundingClientRect();
        byId("loss").setPointerCapture = () => {};
        byId("loss").dispatchEvent(new PointerEvent("pointerdown",
            { clientX: left + 40 + (width - 46) / 4, clientY: top + 30 }))"""
    )
    assert page.execute_script("return at") == pytest.approx(5, abs=0.2)


def test_words_move_on_straight_lines_between_frames(page):
    a, middle, b = page.execute_script(
        "return [7, 7.5, 8].map((moment) => place(3, moment))"
    )
    assert middle == pytest.approx([(p + q) / 2 for p, q in zip(a, b, strict=True)])


def test_a_click_on_a_word_shows_its_neighbours_as_text(page):
    page.execute_script(
        """const [x, y] = screenPoints[2], box = byId("map").getBoundingClientRect();
        byId("map").dispatchEvent(new MouseEvent("click",
            { clientX: box.left + x, clientY: box.top + y, bubbles: true }))"""
    )
    assert page.find_element("id", "name").text == "<b>x"
    shown = page.execute_script(
        """return [...document.querySelectorAll("#neighbours button")]
            .map((button) => Number(button.dataset.word))"""
    )
    expected = page.execute_script("return neighboursOf(2, at).map(([word]) => word)")
    assert shown == expected
    assert 2 not in shown
    page.execute_script("document.querySelector('#neighbours button').click()")
    assert page.execute_script("return selected") == expected[0]


def test_a_word_is_found_by_its_name(page):
    page.find_element("id", "find").send_keys("queen")
    assert page.find_element("id", "name").text == "queen"


@pytest.mark.parametrize(("first", "fit"), [([], [0, 3, 6, 9]), ([1], [1, 4, 7])])
def test_labels_do_not_cover_each_other(first, fit, page):
    # Each box covers those of the two words before it; the selected word comes first.
    found = page.execute_script(
        """const boxes = words.map((_, k) => [5 * k, 0, 5 * k + 12, 10]);
        return fittingLabels(boxes, arguments[0])
            .flatMap((isFitting, word) => isFitting ? [word] : [])""",
        first,
    )
    assert found == fit


def test_both_languages_have_the_same_texts(page):
    keys = page.execute_script("return [TEXT.en, TEXT.zh].map(Object.keys)")
    assert keys[0] == keys[1]
    page.find_element("id", "language").click()
    assert page.find_element("id", "play").text == "播放"


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(width, page):
    override = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", override)
    try:
        page.execute_script("select(0)")
        root = "document.documentElement"
        script = f"return {root}.scrollWidth - {root}.clientWidth"
        assert page.execute_script(script) <= 0
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_notebook_plays_the_film(driver, tmp_path):
    path = tmp_path / "notebook.html"
    shown = a_recording(n_frames=21, words=WORDS)._repr_html_()
    path.write_text(f"<meta charset=utf-8><p>{shown}", encoding="utf-8")
    driver.get(path.as_uri())
    driver.switch_to.frame(0)
    try:
        driver.execute_script("goTo(5); byId('speed').value = '4'; setPlaying(true)")
        driver.execute_async_script("setTimeout(arguments[0], 300)")
        assert driver.execute_script("return at") > 5
        assert driver.get_log("browser") == []
    finally:
        driver.switch_to.default_content()


@pytest.mark.parametrize(("n_frames", "n_words"), [(1, 3), (3, 1), (1, 1)])
def test_the_smallest_recordings_play(n_frames, n_words, driver, tmp_path):
    path = tmp_path / "film.html"
    save_learn_page(path, a_recording(n_frames, WORDS[:n_words]))
    driver.get(path.as_uri())
    driver.execute_script("select(0); goTo(0); byId('play').click()")
    driver.execute_async_script("setTimeout(arguments[0], 100)")
    driver.execute_script("goTo(LAST); listenToCurve(byId('loss'))")
    assert driver.execute_script("return screenPoints.flat().every(Number.isFinite)")
    assert driver.get_log("browser") == []
