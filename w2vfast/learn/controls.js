// State of the page, its controls, and the address that restores it.

// Updates a second at each position of the speed slider.
const SPEEDS = [1, 4, 15, 60, 300, 1500, 6000];
const NUMBERS = ["dim", "window", "negative", "eta", "seed"];
const form = byId("settings");

let trainer, projection, selected = 0, running = false, presetName = "fruit";

function currentSettings() {
    const field = (name) => form.elements[name];
    const numbers = NUMBERS.map((name) => {
        const { min, max } = field(name), value = Number(field(name).value);
        const inside = Math.min(Number(max), Math.max(Number(min), value || Number(min)));
        return [name, name === "eta" ? inside : Math.round(inside)];
    });
    return { model: field("model").value, objective: field("objective").value,
        text: field("text").value, ...Object.fromEntries(numbers) };
}

function showSettings(settings) {
    for (const [name, value] of Object.entries(settings)) form.elements[name].value = value;
}

// A text that is no example's becomes the example "your text".
function nameText(settings) {
    if (settings.text === PRESETS[presetName].text) return;
    PRESETS.own = settings;
    presetName = "own";
    listPresets();
}

// Start a training with the settings in the form.
function start() {
    const settings = currentSettings();
    nameText(settings);
    showSettings(settings);
    trainer = new Trainer(settings);
    projection = new Projection(settings.dim);
    if (selected >= trainer.corpus.words.length) selected = 0;
    form.elements.negative.disabled = settings.objective !== "ns";
    byId("matrices").replaceChildren();
    if (trainer.corpus.examples.length) makeMatrices();
    setRunning(false);
}

function choosePreset(name) {
    presetName = name;
    form.elements.preset.value = name;
    showSettings({ negative: 3, seed: 1, ...PRESETS[name] });
    start();
}

function drawExample(result) {
    const { stepNumber } = trainer;
    byId("exampleTitle").textContent = stepNumber ? say("lastUpdate", { n: stepNumber }) : say("next");
    const chips = (words, kind) => words.map((word) => chip(word, kind)).join(" ");
    byId("example").innerHTML = `${say("from")} ${chips(result.inputs, "input")} ${say("predict")}
        ${chips(result.predictions.map(({ word }) => word), "target")}`;
    byId("progress").textContent = say("step", { n: stepNumber, e: number(trainer.atEpoch, 1),
        l: number(result.loss / result.predictions.length) });
}

function render() {
    const isEmpty = !trainer.corpus.examples.length;
    for (const button of byId("controls").querySelectorAll("button")) button.disabled = isEmpty;
    document.body.classList.toggle("empty", isEmpty);
    if (isEmpty) { byId("exampleTitle").textContent = say("noText"); return; }
    const result = trainer.last ?? trainer.preview();
    for (const draw of [drawExample, drawNetwork, drawEquations, drawMatrices, drawPlane]) draw(result);
    drawLoss();
    drawNeighbours();
    byId("back").disabled = trainer.stepNumber === 0;
    if (!running) saveAddress();
}

function goTo(stepNumber) {
    trainer.goTo(Math.max(0, stepNumber));
    render();
}

const goBack = () => goTo(trainer.stepNumber - Math.max(1, Number(byId("backSteps").value) || 1));

function setRunning(value) {
    running = value;
    byId("run").textContent = say(running ? "pause" : "run");
    render();
    if (running) requestAnimationFrame(runFrame);
}

let lastFrame = 0, owed = 0;

// Some updates for each frame, drawn at most 15 times a second.
function runFrame(now) {
    if (!running) return;
    requestAnimationFrame(runFrame);
    if (now - lastFrame < 66) return;
    owed += Math.min(0.25, (now - lastFrame) / 1000) * SPEEDS[byId("speed").value];
    lastFrame = now;
    const steps = Math.floor(owed);
    owed -= steps;
    if (steps) goTo(trainer.stepNumber + steps);
}

function saveAddress() {
    const { text, ...settings } = trainer.settings;
    const state = new URLSearchParams({ preset: presetName, ...settings,
        step: trainer.stepNumber, word: selected, lang: language });
    if (presetName === "own" && text !== OWN_TEXT) state.set("text", text);
    history.replaceState(null, "", `#${state}`);
}

function restoreAddress() {
    const state = new URLSearchParams(location.hash.slice(1));
    if (Object.hasOwn(TEXT, state.get("lang"))) language = state.get("lang");
    translate();
    choosePreset(Object.hasOwn(PRESETS, state.get("preset")) ? state.get("preset")
        : OWN_TEXT ? "own" : "fruit");
    const step = Math.max(0, Math.min(1e6, Math.round(Number(state.get("step"))) || 0));
    const word = Number(state.get("word"));
    for (const name of ["model", "objective", "text", ...NUMBERS])
        if (state.has(name) && !(NUMBERS.includes(name) && isNaN(state.get(name))))
            form.elements[name].value = state.get(name);
    for (const name of ["model", "objective"])  // an unknown value
        if (!form.elements[name].value) form.elements[name].value = PRESETS[presetName][name];
    start();
    if (Number.isInteger(word) && word >= 0 && word < trainer.corpus.words.length) selected = word;
    if (trainer.corpus.examples.length) goTo(step);
}

function translate() {
    fillTexts();
    document.title = say("title");
    byId("run").textContent = say(running ? "pause" : "run");
    listPresets();
}

function listPresets() {
    const names = TEXT[language].presets;
    form.elements.preset.innerHTML = Object.keys(PRESETS)
        .map((name) => `<option value="${name}">${names[name]}</option>`).join("");
    form.elements.preset.value = presetName;
}

// Light up everything that shows the same number.
function lightUp(event) {
    const link = event.target.closest?.("[data-link]")?.dataset.link;
    for (const element of document.querySelectorAll(".lit")) element.classList.remove("lit");
    if (!link) return;
    for (const element of document.querySelectorAll(`[data-link="${link}"]`)) {
        const shape = element instanceof SVGElement && element.querySelector("circle, rect");
        (shape || element).classList.add("lit");
    }
}

function selectWord(event) {
    const word = event.target.closest?.("[data-word]")?.dataset.word;
    if (word === undefined || Number(word) >= trainer.corpus.words.length) return;
    selected = Number(word);
    render();
}

const ACTIONS = {
    reset: () => { trainer.reset(); render(); },
    back: goBack,
    one: () => goTo(trainer.stepNumber + 1),
    sentence: () => goTo(trainer.stepNumber + trainer.stepsToSentenceEnd()),
    epoch: () => goTo(trainer.stepNumber + trainer.stepsToEpochEnd()),
    run: () => setRunning(!running),
};
const KEYS = { ArrowRight: "one", ArrowLeft: "back", s: "sentence", e: "epoch", " ": "run", r: "reset" };

for (const [name, action] of Object.entries(ACTIONS)) byId(name).addEventListener("click", action);
pressButtons(KEYS);
document.addEventListener("pointerover", lightUp);
document.addEventListener("click", selectWord);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", ({ target }) => {
    if (target.name === "preset") choosePreset(target.value);
    else if (target.name !== "text") start();
});
byId("useText").addEventListener("click", start);
byId("showOutputs").addEventListener("change", render);
byId("language").addEventListener("click", () => {
    language = language === "en" ? "zh" : "en";
    translate();
    render();
});
byId("colours").addEventListener("click", switchColours);
restoreAddress();
