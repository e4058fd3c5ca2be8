// Vectors in the plane, the loss curve, and the neighbours of the selected word.

// Smaller on a telephone, so that labels stay legible.
const PLANE = innerWidth < 560 ? 350 : 520, HALF = PLANE / 2;

// The range of the axes grows and shrinks in steps, so that the picture stays calm.
const axisRange = (points) =>
    2 ** (Math.ceil(2 * Math.log2(Math.max(0.3, ...points.flat().map(Math.abs)) * 1.08)) / 2);

function planeMark([x, y], word, isOutput, result) {
    const isInput = result.inputs.includes(word);
    const isTarget = result.predictions.some((prediction) => prediction.word === word);
    const size = (!isOutput && isInput) || isTarget ? 6 : 4;
    const fill = isOutput ? "var(--orange)" : "var(--blue)";
    const shape = isOutput
        ? `<rect x="${x - size}" y="${y - size}" width="${2 * size}" height="${2 * size}" style="fill:${fill}"/>`
        : `<circle cx="${x}" cy="${y}" r="${size}" style="fill:${fill}"/>`;
    const link = isOutput ? `out:${word}` : `in:${word}`;
    return { x, y, shape, link, word, first: isInput || isTarget || word === selected };
}

// Labels beside their marks, the words of the example first; none over another.
function labelsOf(marks) {
    const taken = [], placed = new Map();
    for (const mark of [...marks].sort((a, b) => b.first - a.first)) {
        const text = label(trainer.corpus.words[mark.word]);
        const width = 8 + [...text].reduce((sum, c) => sum + (c > "\u2e80" ? 14 : 7.6), 0);
        const left = mark.x + width + 8 > PLANE ? mark.x - width - 2 : mark.x + 8;
        const box = [left, mark.y - 8, left + width, mark.y + 8];
        if (taken.some((b) => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3])) continue;
        taken.push(box);
        placed.set(mark, `<text x="${left}" y="${mark.y + 4.5}" ${mark.word === selected ? 'font-weight="700"' : ""}>${text}</text>`);
    }
    return placed;
}

function drawPlane(result) {
    projection.follow(trainer.inputVectors);
    const showOutputs = byId("showOutputs").checked && !trainer.paths;
    byId("showOutputs").disabled = Boolean(trainer.paths);
    const inputs = trainer.inputVectors.map((v) => projection.point(v));
    const outputs = showOutputs ? trainer.outputVectors.map((v) => projection.point(v)) : [];
    const range = axisRange([...inputs, ...outputs]);
    const screen = ([x, y]) => [HALF + x / range * (HALF - 12), HALF - y / range * (HALF - 12)];
    const marks = [
        ...inputs.map((point, word) => planeMark(screen(point), word, false, result)),
        ...outputs.map((point, word) => planeMark(screen(point), word, true, result)),
    ];
    const labels = labelsOf(marks);
    byId("planeNote").textContent = say(trainer.settings.dim === 2 ? "plane2" : "planeN");
    byId("plane").innerHTML = `<svg viewBox="0 0 ${PLANE} ${PLANE}" role="img">
        <line x1="0" x2="${PLANE}" y1="${HALF}" y2="${HALF}"/><line y1="0" y2="${PLANE}" x1="${HALF}" x2="${HALF}"/>
        <text class="faint" x="${PLANE - 4}" y="${HALF - 5}" text-anchor="end">${number(range, 2)}</text>
        ${marks.map((mark) => `<g data-word="${mark.word}" data-link="${mark.link}">${mark.shape}${labels.get(mark) ?? ""}</g>`).join("")}</svg>`;
}

// Mean losses of at most 300 stretches, each of whole epochs; before the end of the
// first stretch, the mean so far.
function lossCurve() {
    const { length } = trainer.corpus.examples, { losses } = trainer;
    const size = length * Math.max(1, Math.ceil(losses.length / length / 300));
    const points = [];
    for (let start = 0; start < losses.length; start += size) {
        const part = losses.slice(start, start + size);
        if (part.length < size && start) break;
        points.push([(start + part.length) / length, part.reduce((a, b) => a + b) / part.length]);
    }
    return points;
}

function drawLoss() {
    const points = lossCurve();
    if (!points.length) { byId("loss").innerHTML = `<p class="note">${say("noLoss")}</p>`; return; }
    const top = Math.max(...points.map(([, loss]) => loss)) * 1.05 || 1, end = Math.max(1, points.at(-1)[0]);
    const at = ([epoch, loss]) => `${40 + epoch / end * 470},${168 - loss / top * 150}`;
    byId("loss").innerHTML = `<svg viewBox="0 0 520 190" role="img"><line x1="40" x2="510" y1="168" y2="168"/><line x1="40" x2="40" y1="10" y2="168"/>
        <polyline points="${points.map(at).join(" ")}" style="fill:none;stroke:var(--blue);stroke-width:2.5"/>
        <circle cx="${at(points.at(-1)).split(",")[0]}" cy="${at(points.at(-1)).split(",")[1]}" r="4" style="fill:var(--blue)"/>
        <text class="faint" x="36" y="22" text-anchor="end">${number(top, 2)}</text><text class="faint" x="36" y="172" text-anchor="end">0</text>
        <text class="faint" x="510" y="184" text-anchor="end">${number(end, 1)}</text></svg><p class="note">${say("perEpoch")}</p>`;
}

// Words by the cosine of their input vectors with that of a word.
function nearestWords(word, n = 8) {
    const length = (v) => Math.hypot(...v) || 1;
    const own = trainer.inputVectors[word];
    return trainer.inputVectors.map((v, other) => [other, dot(v, own) / length(v) / length(own)])
        .filter(([other]) => other !== word).sort((a, b) => b[1] - a[1]).slice(0, n);
}

function drawNeighbours() {
    const bars = nearestWords(selected).map(([word, cosine]) => `<div class="bar">${chip(word)}
        <i class="${cosine < 0 ? "minus" : ""}" style="width:${100 * Math.abs(cosine)}%"></i><span>${number(cosine)}</span></div>`);
    byId("neighbours").innerHTML = `<p>${chip(selected, "input")}</p>${bars.join("")}<p class="note">${say("clickWord")}</p>`;
}
