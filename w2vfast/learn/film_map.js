// The map of the film: where each word is at a moment, and which labels fit.

const DATA = JSON.parse(byId("data").textContent);
const { words, epochs, nNeighbours } = DATA;
const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const points = new Int16Array(bytesOf(DATA.points));  // x, y of each word of each frame
const near = new Uint16Array(bytesOf(DATA.near));
const cosines = new Int8Array(bytesOf(DATA.cosines));
const POSITION_STEPS = 32767, LAST = epochs.length - 1;

// How much of each label is seen, from 0 to 1: it changes slowly, so that none flickers.
const shownShare = new Float32Array(words.length);
let labelWidths = [], screenPoints = [], labelBoxes = [];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A canvas of the size it has on the page, in the pixels of the screen.
function freshContext(canvas) {
    const { width, height } = canvas.getBoundingClientRect(), ratio = devicePixelRatio;
    const wide = Math.round(width * ratio), high = Math.round(height * ratio);
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "13px system-ui, sans-serif";
    context.textBaseline = "middle";
    return { context, width, height };
}

// A word at a moment, in frames: on the line between the frame before and the next.
function place(word, at) {
    const frame = Math.min(LAST, Math.floor(at)), share = at - frame;
    const index = (k) => 2 * (Math.min(LAST, k) * words.length + word);
    return [0, 1].map((i) => ((1 - share) * points[index(frame) + i]
        + share * points[index(frame + 1) + i]) / POSITION_STEPS);
}

// How far points are from the middle in any frame, across and up.
const REACH = [0, 1].map((i) => points.reduce((most, value, k) =>
    k % 2 === i ? Math.max(most, Math.abs(value)) : most, 1) / POSITION_STEPS);

// The same scale across and up, so that distances can be compared.
function screenScale({ width, height }) {
    const scale = Math.min((width / 2 - 34) / REACH[0], (height / 2 - 14) / REACH[1]);
    return ([x, y]) => [width / 2 + x * scale, height / 2 - y * scale];
}

// Labels right of their points, or left of them near the edge.
function boxOf([x, y], word, width) {
    const long = labelWidths[word], left = x + long + 12 > width ? x - long - 8 : x + 8;
    return [left, y - 8, left + long, y + 8];
}

// Whether each label is free of those before it: the selected word, its neighbours, then
// the words as they were recorded.
function fittingLabels(boxes, first) {
    const taken = [], fits = new Array(words.length).fill(false);
    for (const word of new Set([...first, ...boxes.keys()])) {
        const b = boxes[word];
        fits[word] = !taken.some((a) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]);
        if (fits[word]) taken.push(b);
    }
    return fits;
}

function neighboursOf(word, at) {
    const start = (Math.round(at) * words.length + word) * nNeighbours;
    return Array.from({ length: nNeighbours }, (_, k) =>
        [near[start + k], cosines[start + k] / DATA.cosineSteps]);
}

function drawPath(context, scale, word, at) {
    context.beginPath();
    for (let frame = 0; frame <= Math.floor(at); frame++) context.lineTo(...scale(place(word, frame)));
    context.lineTo(...scale(place(word, at)));
    context.strokeStyle = colour("--orange");
    context.globalAlpha = 0.55;
    context.lineWidth = 1.6;
    context.stroke();
    context.globalAlpha = 1;
}

function drawLabels(context, first, selected, isSettled) {
    const fits = fittingLabels(labelBoxes, first);
    let isStill = true;
    words.forEach((text, word) => {
        const aim = fits[word] ? 1 : 0, gap = aim - shownShare[word];
        shownShare[word] = isSettled || Math.abs(gap) < 0.05 ? aim : shownShare[word] + 0.18 * gap;
        if (shownShare[word] !== aim) isStill = false;
        if (!shownShare[word]) return;
        context.globalAlpha = shownShare[word];
        context.fillStyle = colour(word === selected ? "--orange" : "--ink");
        context.fillText(text, labelBoxes[word][0], labelBoxes[word][1] + 8);
    });
    context.globalAlpha = 1;
    return isStill;
}

// Draw the words at a moment; returns whether all labels have come to rest.
function drawMap(at, selected, isSettled) {
    const { context, ...size } = freshContext(byId("map")), scale = screenScale(size);
    if (!labelWidths.length) labelWidths = words.map((text) => context.measureText(text).width);
    screenPoints = words.map((_, word) => scale(place(word, at)));
    labelBoxes = screenPoints.map((point, word) => boxOf(point, word, size.width));
    const neighbours = selected === null ? [] : neighboursOf(selected, at).map(([word]) => word);
    if (selected !== null) drawPath(context, scale, selected, at);
    screenPoints.forEach(([x, y], word) => {
        const isChosen = word === selected, isNear = neighbours.includes(word);
        context.beginPath();
        context.arc(x, y, isChosen ? 6 : isNear ? 5 : 3.2, 0, 7);
        context.fillStyle = colour(isChosen ? "--orange" : "--blue");
        context.globalAlpha = selected === null || isChosen || isNear ? 1 : 0.55;
        context.fill();
    });
    context.globalAlpha = 1;
    const first = selected === null ? [] : [selected, ...neighbours];
    return drawLabels(context, first, selected, isSettled);
}

// The word whose point or label is under a position, null if there is none.
function wordAt(x, y) {
    const nearest = screenPoints.map(([a, b], word) => [Math.hypot(a - x, b - y), word])
        .sort((a, b) => a[0] - b[0])[0];
    if (nearest[0] < 12) return nearest[1];
    const hit = labelBoxes.findIndex((b, word) =>
        shownShare[word] > 0.5 && b[0] <= x && x <= b[2] && b[1] <= y && y <= b[3]);
    return hit >= 0 ? hit : null;
}
