// The network of the current example: inputs, hidden layer, and outputs or the tree.

const MOST_UNITS = 14;
const ROW_HEIGHT = 27;
const LEAF_HEIGHT = 24;

// At most MOST_UNITS words: those of the example first, in vocabulary order.
function shownWords(first, rank) {
    const chosen = new Set(first);
    for (const word of rank) if (chosen.size < MOST_UNITS) chosen.add(word);
    return [...chosen].sort((a, b) => a - b);
}

const rowY = (i, n, height) => height / 2 + (i - (n - 1) / 2) * ROW_HEIGHT + 10;

function unit(x, y, colour, kind, link, text, side, word) {
    const anchor = side < 0 ? "end" : "start";
    const target = word === undefined ? "" : ` data-word="${word}"`;
    return `<g data-link="${link}"${target}><circle class="unit ${kind}" cx="${x}" cy="${y}" r="9" style="fill:${colour}"/>
        <text x="${x + side * 15}" y="${y + 4.5}" text-anchor="${anchor}">${text}</text></g>`;
}

function inputUnits(shown, result, height) {
    return shown.map((word, i) => {
        const active = result.inputs.includes(word);
        return unit(110, rowY(i, shown.length, height), active ? heat(1) : "var(--paper)",
            active ? "input" : "", `in:${word}`, label(trainer.corpus.words[word]), -1, word);
    }).join("");
}

function hiddenUnits(h, height) {
    const largest = Math.max(0.1, ...h.map(Math.abs));
    return h.map((value, i) => `<g data-link="h"><title>${value}</title><rect class="unit" x="258"
        y="${rowY(i, h.length, height) - 11}" width="64" height="22" rx="5" style="fill:${heat(value, largest)}"/>
        <text x="290" y="${rowY(i, h.length, height) + 4}" text-anchor="middle">${number(value)}</text></g>`).join("");
}

// Fainter where there are many.
function wires(x1, ys1, x2, ys2) {
    const opacity = Math.min(0.6, Math.max(0.2, 40 / (ys1.length * ys2.length)));
    const lines = ys1.map((y1) => ys2.map((y2) =>
        `<line class="wire" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`).join(""));
    return `<g stroke-opacity="${opacity}">${lines.join("")}</g>`;
}

// Outputs with their predictions: {row: [y, is target]}.
function outputUnits(result) {
    const units = new Map();
    for (const { rows, y, labels } of result.predictions)
        rows.forEach((row, j) => units.set(row, [y[j], labels[j] || units.get(row)?.[1]]));
    return units;
}

function outputLayer(result, height) {
    const units = outputUnits(result);
    const targets = [...units.keys()].filter((row) => units.get(row)[1]);
    const rank = [...units.keys()].sort((a, b) => units.get(b)[0] - units.get(a)[0]);
    const shown = shownWords(targets, rank);
    const ys = shown.map((_, i) => rowY(i, shown.length, height));
    const drawn = shown.map((row, i) => {
        const [y, isTarget] = units.get(row);
        const text = `${label(outputName(row))} <tspan class="faint">${number(y)}</tspan>`;
        return unit(470, ys[i], heat(y), isTarget ? "target" : "", `out:${row}`, text, 1, row);
    }).join("");
    return { ys, drawn, shown: shown.length, x: 461 };
}

// The children of each inner node, {node: [child, child]}; a child is {node} or {word}.
function treeChildren(paths) {
    const children = [];
    paths.forEach(({ points, codes }, word) => points.forEach((node, j) => {
        children[node] ??= [];
        children[node][codes[j]] = j + 1 < points.length ? { node: points[j + 1] } : { word };
    }));
    return children;
}

function wordsBelow(children, child) {
    if (child.word !== undefined) return 1;
    return children[child.node].reduce((sum, c) => sum + wordsBelow(children, c), 0);
}

// Lay out the tree from left to right; subtrees off the path are one leaf in a large tree.
function treeLayout(result) {
    const children = treeChildren(trainer.paths), words = trainer.corpus.words;
    const lit = new Set(result.predictions.flatMap(({ rows }) => rows));
    const targets = new Set(result.predictions.map(({ word }) => word));
    const isLarge = words.length > 24, leaves = [], nodes = [];
    const place = (child, depth, parent) => {
        const item = { ...child, depth, parent };
        item.onPath = child.word === undefined ? lit.has(child.node) : targets.has(child.word);
        nodes.push(item);
        if (child.word !== undefined) item.label = label(words[child.word]);
        else if (isLarge && !item.onPath)
            item.label = `… ${wordsBelow(children, child)}`;
        if (item.label) { item.row = leaves.length; leaves.push(item); return item; }
        const [a, b] = children[child.node].map((c) => place(c, depth + 1, item));
        item.row = (a.row + b.row) / 2;
        return item;
    };
    if (words.length > 1) place({ node: 0 }, 0, null);
    return { nodes, leaves, deepest: Math.max(1, ...nodes.map(({ depth }) => depth)) };
}

function treeDrawing(result) {
    const { nodes, leaves, deepest } = treeLayout(result);
    const height = Math.max(result.h.length * ROW_HEIGHT, leaves.length * LEAF_HEIGHT) + 30;
    const x = ({ depth, label }) => (label ? 560 : 372 + depth * 180 / deepest);
    const y = ({ row }) => height / 2 + (row - (leaves.length - 1) / 2) * LEAF_HEIGHT + 10;
    const units = outputUnits(result);
    const edges = nodes.filter(({ parent }) => parent).map((item) =>
        `<path class="edge ${item.onPath && item.parent.onPath ? "path" : ""}" d="M${x(item.parent)} ${y(item.parent)} V${y(item)} H${x(item)}"/>`);
    const marks = nodes.map((item) => item.label
        ? `<text x="565" y="${y(item) + 4.5}" ${item.word === undefined ? 'class="faint"' : `data-word="${item.word}" data-link="in:${item.word}"`} ${item.onPath ? 'font-weight="700"' : ""}>${item.label}</text>`
        : `<circle class="unit ${item.onPath ? "target" : ""}" data-link="out:${item.node}" cx="${x(item)}" cy="${y(item)}" r="6" style="fill:${heat(units.get(item.node)?.[0] ?? 0)}"><title>n${item.node}</title></circle>`);
    return { ys: nodes.length ? [y(nodes[0])] : [], x: 366, height, shown: 0,
        drawn: edges.join("") + marks.join("") };
}

function drawNetwork(result) {
    const V = trainer.corpus.words.length;
    const shown = shownWords(result.inputs, Array.from({ length: V }, (_, word) => word));
    const units = Math.min(MOST_UNITS, Math.max(shown.length, outputUnits(result).size));
    let height = Math.max(result.h.length, units) * ROW_HEIGHT + 30, outputs;
    if (trainer.paths) {
        outputs = treeDrawing(result);
        height = Math.max(height, outputs.height);
        const shift = (height - outputs.height) / 2;
        outputs.drawn = `<g transform="translate(0 ${shift})">${outputs.drawn}</g>`;
        outputs.ys = outputs.ys.map((y) => y + shift);
    } else outputs = outputLayer(result, height);
    const hiddenYs = result.h.map((_, i) => rowY(i, result.h.length, height));
    const inputYs = result.inputs.map((word) => rowY(shown.indexOf(word), shown.length, height));
    const heads = [["input", 110, "x"], ["hidden", 290, "h"], ["output", 470, "y"]].map(([key, x, symbol]) =>
        `<text class="faint" x="${x}" y="12" text-anchor="middle">${say(key)} ${symbol}</text>`).join("");
    byId("network").innerHTML = `<svg viewBox="0 -8 640 ${height + 22}" role="img">${heads}
        ${wires(119, inputYs, 258, hiddenYs)}${wires(322, hiddenYs, outputs.x, outputs.ys)}
        ${inputUnits(shown, result, height)}${hiddenUnits(result.h, height)}${outputs.drawn}</svg>
        ${shown.length < V ? `<p class="note">${say("shown", { n: shown.length, m: V })}</p>` : ""}`;
    makeRoom(byId("network").firstElementChild);
}

// Widen a drawing to its labels.
function makeRoom(svg) {
    const { x, width } = svg.getBBox(), { y, height } = svg.viewBox.baseVal;
    const left = Math.min(0, x), right = Math.max(640, x + width);
    svg.setAttribute("viewBox", `${left} ${y} ${right - left} ${height}`);
}
