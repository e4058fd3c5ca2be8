"""The learning page in a real browser: controls, address, languages, drawings."""

import pytest

from w2vfast import save_learn_page

pytestmark = pytest.mark.browser

PRESETS = ("bigram", "fruit", "royal", "languages", "tang")
WEIGHTS = "return [trainer.inputVectors, trainer.outputVectors]"


@pytest.fixture
def open_page(driver, tmp_path):
    def open_page(address="", sentences=None):
        path = tmp_path / "learn.html"
        save_learn_page(path, sentences)
        driver.get("about:blank")
        driver.get(f"{path.as_uri()}#{address}")
        return driver

    yield open_page
    assert driver.get_log("browser") == []


def click(page, name):
    page.execute_script("byId(arguments[0]).click()", name)


def step_number(page):
    return page.execute_script("return trainer.stepNumber")


def weights(page):
    return page.execute_script(WEIGHTS)


@pytest.mark.parametrize("objective", ["softmax", "hs", "ns"])
@pytest.mark.parametrize("model", ["pair", "cbow", "skipgram"])
@pytest.mark.parametrize("preset", PRESETS)
def test_the_loss_falls(preset, model, objective, open_page):
    page = open_page(f"preset={preset}&model={model}&objective={objective}")
    n = page.execute_script("return trainer.corpus.examples.length")
    page.execute_script("trainer.goTo(arguments[0]); render()", 30 * n)
    losses = page.execute_script("return trainer.losses")
    assert sum(losses[-n:]) < 0.97 * sum(losses[:n])


@pytest.mark.parametrize("objective", ["softmax", "hs"])
def test_a_text_of_one_word_has_a_loss_curve(objective, open_page):
    page = open_page(f"preset=own&objective={objective}", [["a", "a", "a"]])
    click(page, "epoch")
    curve = page.execute_script("return byId('loss').innerHTML")
    assert "<polyline" in curve
    assert "NaN" not in curve


def test_going_back_gives_the_same_numbers(open_page):
    page = open_page("preset=languages&objective=ns")
    page.execute_script("trainer.goTo(137)")
    first = weights(page)
    page.execute_script("goTo(400)")
    page.execute_script("byId('backSteps').value = 263")
    click(page, "back")
    assert step_number(page) == 137
    assert weights(page) == first
    assert page.execute_script("return trainer.losses.length") == 137


def test_going_back_is_exact_after_checkpoints_were_removed(open_page):
    page = open_page("preset=bigram")
    page.execute_script("trainer.goTo(3001)")
    first = weights(page)
    page.execute_script("trainer.goTo(30000); trainer.goTo(3001)")
    assert weights(page) == first


def test_the_address_restores_the_state(open_page):
    page = open_page("preset=royal&objective=ns&seed=7&eta=0.05")
    page.execute_script("goTo(55); selected = 3; render()")
    state, numbers = page.current_url.split("#")[1], weights(page)
    page = open_page(state)
    assert weights(page) == numbers
    assert page.execute_script("return [selected, trainer.settings.seed]") == [3, 7]


@pytest.mark.parametrize(
    "address",
    [
        "preset=x&model=y&step=-3&dim=zz&word=1e9",
        "objective=&lang=%3Cb&eta=-1",
        "preset=toString&lang=__proto__",
    ],
)
def test_a_wrong_address_opens_a_page_that_works(address, open_page):
    page = open_page(address)
    click(page, "one")
    assert step_number(page) == 1


def test_buttons_and_keys_move_by_update_sentence_and_epoch(open_page):
    page = open_page("preset=languages")
    press = """document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key: arguments[0], bubbles: true }))"""
    steps = []
    for key in ("ArrowRight", "s", "e", "ArrowLeft", "r"):
        page.execute_script(press, key)
        steps.append(step_number(page))
    assert steps == [1, 6, 36, 35, 0]


def test_run_and_pause(open_page):
    page = open_page()
    page.execute_script("byId('speed').value = 4")
    click(page, "run")
    page.execute_async_script("setTimeout(arguments[0], 700)")
    click(page, "run")
    reached = step_number(page)
    assert reached > 0
    page.execute_async_script("setTimeout(arguments[0], 200)")
    assert step_number(page) == reached


def test_the_loss_curve_has_whole_epochs(open_page):
    page = open_page("preset=fruit&step=5")
    assert len(page.execute_script("return lossCurve()")) == 1
    page.execute_script("goTo(41)")
    curve = page.execute_script("return lossCurve()")
    assert [epoch for epoch, _ in curve] == [1, 2, 3]
    losses = page.execute_script("return trainer.losses")
    assert curve[1][1] == pytest.approx(sum(losses[12:24]) / 12)


def test_changed_rows_are_marked(open_page):
    page = open_page("preset=fruit&objective=hs")
    click(page, "one")
    marked = page.execute_script(
        """return ["in", "out"].map((link) => matrixCells[link]
            .flatMap((row, i) => row.classList.contains("changed") ? [i] : []))"""
    )
    last = page.execute_script(
        "return [trainer.last.inputs, trainer.last.targets[0].rows]"
    )
    assert marked == [last[0], sorted(last[1])]


def test_a_changed_row_of_a_long_matrix_is_in_sight(open_page):
    page = open_page("preset=tang&step=119")
    click(page, "one")
    places = page.execute_script(
        """return ["in", "out"].map((link) => {
            const row = document.querySelector(`#matrix-${link} tr.changed`);
            const box = row.closest("div").getBoundingClientRect();
            const { top, bottom } = row.getBoundingClientRect();
            return [top - box.top, box.bottom - bottom];
        })"""
    )
    assert min(min(place) for place in places) >= 0


def test_hovering_a_term_lights_its_cells(open_page):
    page = open_page("preset=fruit")
    click(page, "one")
    lit = page.execute_script(
        """const term = document.querySelector("#equations .term[data-link^='in:']");
        term.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
        const { link } = term.dataset;
        const row = document.querySelector(`#matrix-in [data-link="${link}"]`);
        return row.classList.contains("lit")"""
    )
    assert lit


def test_both_languages_have_the_same_texts(open_page):
    page = open_page("lang=zh")
    keys = page.execute_script("return [TEXT.en, TEXT.zh].map(Object.keys)")
    assert keys[0] == keys[1]
    assert page.find_element("id", "one").text == "更新一次"
    click(page, "language")
    assert page.find_element("id", "one").text == "One update"


def test_words_are_shown_as_text(open_page):
    page = open_page(sentences=[["<b>x", "&amp;", "'\""]] * 3)
    click(page, "one")
    assert (
        page.execute_script(
            "return document.querySelectorAll('main b b, b > b').length"
        )
        == 0
    )
    assert page.execute_script("return trainer.corpus.words") == [
        "<b>x",
        "&amp;",
        "'\"",
    ]
    assert "<b>x" in page.find_element("id", "matrix-in").text


def test_a_text_of_the_reader_is_an_example(open_page):
    page = open_page("preset=royal")
    page.execute_script("form.elements.text.value = 'one two three'")
    click(page, "useText")
    example = "return [presetName, form.elements.preset.selectedOptions[0].text]"
    assert page.execute_script(example) == ["own", "Your text"]
    page.execute_script("choosePreset('fruit'); choosePreset('own')")
    assert page.execute_script("return trainer.settings.text") == "one two three"
    assert page.execute_script("return trainer.settings.window") == 3
    page = open_page(page.current_url.split("#")[1])
    assert page.execute_script("return trainer.settings.text") == "one two three"
    assert page.execute_script(example) == ["own", "Your text"]


def test_long_words_are_inside_the_drawing(open_page):
    page = open_page("preset=fruit&text=a%20" + "long" * 9 + "%20" + "w" * 16)
    sides = page.execute_script(
        """const svg = byId("network").firstElementChild.getBoundingClientRect();
        return [...byId("network").querySelectorAll("text")].flatMap((text) => {
            const box = text.getBoundingClientRect();
            return [box.left - svg.left, svg.right - box.right];
        })"""
    )
    assert min(sides) > -1
    assert "longlonglonglongl…" in page.find_element("id", "network").text


def test_a_text_without_examples_is_reported(open_page):
    page = open_page()
    page.execute_script("form.elements.text.value = 'alone'")
    click(page, "useText")
    assert page.find_element("id", "exampleTitle").text.startswith("The text has no")
    main = page.find_element("tag name", "main")
    assert main.text == page.find_element("id", "exampleTitle").text, "an old number"
    page.execute_script("choosePreset('fruit')")
    assert "eat" in main.text


def test_the_plane_does_not_jump(open_page):
    page = open_page("preset=royal")
    gap = page.execute_script(
        """let largest = 0, last = null;
        for (let step = 0; step < 300; step++) {
            trainer.step();
            projection.follow(trainer.inputVectors);
            const points = trainer.inputVectors.map((v) => projection.point(v));
            if (last && step > 30) points.forEach(([x, y], i) => {
                largest = Math.max(largest, Math.hypot(x - last[i][0], y - last[i][1]));
            });
            last = points;
        }
        return largest"""
    )
    assert 0 < gap < 0.2


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(width, open_page, driver):
    override = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", override)
    try:
        for preset in PRESETS:
            page = open_page(f"preset={preset}&step=20")
            root = "document.documentElement"
            script = f"return {root}.scrollWidth - {root}.clientWidth"
            assert page.execute_script(script) <= 0
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
