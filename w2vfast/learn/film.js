// The film: time, controls, the two curves, and the words near the selected one.

const { curves } = DATA;
const FILM_SECONDS = 14;  // of the whole film at speed 1
const LONGEST = epochs[LAST];

// The moment that is shown, in frames; the film opens at its end.
let at = LAST, selected = null, isPlaying = false, lastTime = 0;

const epochAt = (frame) => {
    const before = Math.floor(frame), after = Math.min(LAST, before + 1);
    return epochs[before] + (frame - before) * (epochs[after] - epochs[before]);
};

function frameAt(epoch) {
    const after = epochs.findIndex((value) => value >= epoch);
    if (after <= 0) return after < 0 ? LAST : 0;
    return after - (epochs[after] - epoch) / (epochs[after] - epochs[after - 1]);
}

// The last value of a curve that is known at an epoch.
function valueAt(name, epoch) {
    let found = null;
    curves.epochs.some((moment, k) => {
        if (moment > epoch + 1e-9 && found !== null) return true;
        found = curves[name][k] ?? found;
        return moment > epoch;
    });
    return found;
}

function drawCurve(id, name, colourName) {
    const { context, width, height } = freshContext(byId(id));
    const known = curves.epochs.map((epoch, k) => [epoch, curves[name][k]])
        .filter(([, value]) => value !== null);
    context.fillStyle = colour("--faint");
    context.font = "11px system-ui, sans-serif";
    if (!known.length) { context.fillText(say("noLoss"), 0, height / 2); return; }
    const highest = known.reduce((most, [, value]) => Math.max(most, value), 0);
    const top = highest * 1.05 || 1, left = 40;
    const x = (epoch) => left + epoch / (LONGEST || 1) * (width - left - 6);
    const y = (value) => height - 16 - value / top * (height - 24);
    context.textAlign = "right";
    for (const value of [0, top]) context.fillText(Number(value.toPrecision(2)), left - 6, y(value) + (value ? 2 : 0));
    context.textAlign = "center";
    const step = Math.max(1, Math.ceil(LONGEST / 10));
    for (let epoch = 0; epoch <= LONGEST; epoch += step) context.fillText(epoch, x(epoch), height - 6);
    context.strokeStyle = colour("--line");
    context.strokeRect(left, y(top), width - left - 6, y(0) - y(top));
    context.beginPath();
    for (const [epoch, value] of known) context.lineTo(x(epoch), y(value));
    context.strokeStyle = colour(colourName);
    context.lineWidth = 2;
    context.stroke();
    const now = x(epochAt(at));
    context.fillStyle = colour("--ink");
    context.fillRect(now - 0.75, y(top), 1.5, y(0) - y(top));
}

function drawNeighbours() {
    byId("name").textContent = selected === null ? "" : words[selected];
    if (selected === null) { byId("neighbours").innerHTML = `<p class="note">${say("choose")}</p>`; return; }
    const bars = neighboursOf(selected, at).map(([word, cosine]) => `<div class="bar">
        <button type="button" data-word="${word}" dir="auto">${escapeHtml(words[word])}</button>
        <i class="${cosine < 0 ? "minus" : ""}" style="width:${100 * Math.abs(cosine)}%"></i><span>${number(cosine, 2)}</span></div>`);
    byId("neighbours").innerHTML = `<p class="note">${say("nearest")}</p>${bars.join("")}`;
}

function showNumbers() {
    const epoch = epochAt(at), text = say("epoch", { e: number(epoch, 2), n: number(LONGEST, LONGEST % 1 ? 2 : 0) });
    const loss = valueAt("losses", epoch), alpha = valueAt("alphas", epoch);
    byId("epoch").textContent = text;
    byId("frame").value = Math.round(at);
    byId("frame").setAttribute("aria-valuetext", text);
    byId("lossNow").textContent = loss === null ? "" : number(loss, 3);
    byId("alphaNow").textContent = alpha === null ? "" : Number(alpha.toPrecision(3));
}

// Draw everything; once more after a moment while labels appear or go.
function draw(isSettled = !isPlaying) {
    const isStill = drawMap(at, selected, isSettled);
    drawCurve("loss", "losses", "--blue");
    drawCurve("alpha", "alphas", "--orange");
    drawNeighbours();
    showNumbers();
    if (!isStill && !isPlaying) requestAnimationFrame(() => draw(false));
}

function goTo(frame) {
    at = Math.min(LAST, Math.max(0, frame));
    draw();
}

function setPlaying(value) {
    isPlaying = value;
    if (value && at >= LAST) at = 0;
    byId("play").textContent = say(value ? "pause" : "play");
    lastTime = performance.now();
    draw();
    if (value) requestAnimationFrame(playFrame);
}

function playFrame(now) {
    if (!isPlaying) return;
    const seconds = Math.min(0.1, Math.max(0, now - lastTime) / 1000);
    lastTime = now;
    const epoch = epochAt(at) + seconds * Number(byId("speed").value) * LONGEST / FILM_SECONDS;
    at = Math.min(LAST, frameAt(epoch));
    if (at >= LAST) { setPlaying(false); return; }
    draw();
    requestAnimationFrame(playFrame);
}

function translate() {
    fillTexts();
    byId("play").textContent = say(isPlaying ? "pause" : "play");
    byId("mapNote").textContent = say("note", { n: words.length, p: Math.round(100 * DATA.share) });
    byId("about").textContent = say("about");
}

const ACTIONS = {
    play: () => setPlaying(!isPlaying),
    previous: () => { isPlaying && setPlaying(false); goTo(Math.ceil(at) - 1); },
    next: () => { isPlaying && setPlaying(false); goTo(Math.floor(at) + 1); },
    first: () => goTo(0),
    last: () => goTo(LAST),
    language: () => { language = language === "en" ? "zh" : "en"; translate(); draw(); },
    colours: () => { switchColours(); draw(); },
};

function select(word) {
    selected = word;
    draw();
}

function listenToCurve(canvas) {
    const seek = ({ clientX }) => {
        const { left, width } = canvas.getBoundingClientRect();
        goTo(frameAt(Math.max(0, clientX - left - 40) / (width - 46) * LONGEST));
    };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); seek(event); });
    canvas.addEventListener("pointermove", (event) => { if (event.buttons) seek(event); });
}

for (const [name, action] of Object.entries(ACTIONS)) byId(name).addEventListener("click", action);
pressButtons({ " ": "play", ArrowLeft: "previous", ArrowRight: "next", Home: "first", End: "last" });
byId("frame").max = LAST;
byId("frame").addEventListener("input", ({ target }) => goTo(Number(target.value)));
byId("map").addEventListener("click", ({ offsetX, offsetY }) => select(wordAt(offsetX, offsetY)));
byId("neighbours").addEventListener("click", ({ target }) => {
    if (target.dataset.word !== undefined) select(Number(target.dataset.word));
});
byId("words").innerHTML = words.map((word) => `<option value="${escapeHtml(word)}">`).join("");
byId("find").addEventListener("input", ({ target }) => {
    const found = words.indexOf(target.value.trim());
    if (found >= 0) select(found);
});
addEventListener("resize", () => draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
document.querySelectorAll(".chart").forEach(listenToCurve);
translate();
draw(true);
