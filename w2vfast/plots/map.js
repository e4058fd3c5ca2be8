// The interactive map: draw words on a canvas, pan, zoom, select and search.

"use strict";

// ---- data -----------------------------------------------------------------------------

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const words = data.words; // the first n are on the map, the others are only neighbours
const n = data.xy.length / 2;
const X = Float64Array.from({ length: n }, (_, i) => data.xy[2 * i] / data.coordinateSteps);
const Y = Float64Array.from({ length: n }, (_, i) => -data.xy[2 * i + 1] / data.coordinateSteps);

const FONT = "13px system-ui, sans-serif";
const LABEL_HEIGHT = 17; // pixels, like all lengths below
const DOT = 2.5;
const TEXT_START = 6; // distance from the dot
const LABEL_GAP = 4;
const CLICK_RADIUS = 14; // a click within this distance selects the dot
const LONGEST_LABEL = 40; // characters
const MAX_RESULTS = 12;

const canvas = byId("map");
const context = canvas.getContext("2d");
const labels = words.slice(0, n).map((word) => {
  const letters = Array.from(word);
  return letters.length <= LONGEST_LABEL ? word : letters.slice(0, LONGEST_LABEL - 1).join("") + "…";
});
const view = { scale: 1, x: 0, y: 0 }; // point (X, Y) is drawn at scale * (X, Y) + (x, y)
let fitScale = 1;
let selected = -1;
let hovered = -1;

// ---- which labels are visible ---------------------------------------------------------

// The box of a label and its dot has the same size at every zoom, but boxes move apart as
// the scale grows: above a certain scale, two of them no longer overlap.  Going from the
// most to the least frequent word, a label becomes visible at the scale from which on it
// overlaps no earlier label that is visible there.  So labels never overlap, and none
// disappears when zooming in.
context.font = FONT;
const widths = Float64Array.from(
  labels, (label) => DOT + TEXT_START + context.measureText(label).width + LABEL_GAP,
);
const visibleFrom = visibleScales();

function visibleScales() {
  const scales = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let from = 0;
    for (let j = 0; j < i; j++) {
      const right = X[i] - X[j];
      const apart = Math.min(
        (right >= 0 ? widths[j] : widths[i]) / Math.abs(right),
        LABEL_HEIGHT / Math.abs(Y[i] - Y[j]),
      );
      if (apart > from && apart > scales[j]) from = apart;
    }
    scales[i] = from;
  }
  return scales;
}

const screenX = (i) => X[i] * view.scale + view.x;
const screenY = (i) => Y[i] * view.scale + view.y;

function boxOf(i) {
  const left = screenX(i) - DOT, top = screenY(i) - LABEL_HEIGHT / 2;
  return { i, left, top, right: left + widths[i], bottom: top + LABEL_HEIGHT };
}

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

function onScreen(box) {
  return box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
}

const neighboursOnMap = (i) => (i < 0 ? [] : data.neighbours[i].filter((other) => other < n));

/** Return the boxes of the labels to draw; hovered and selected words take precedence. */
function shownLabels() {
  const boxes = [];
  for (const i of new Set([hovered, selected, ...neighboursOnMap(selected)])) {
    if (i < 0) continue;
    const box = boxOf(i);
    if (onScreen(box) && !boxes.some((other) => overlap(box, other))) boxes.push(box);
  }
  const first = boxes.slice();
  const drawn = new Set(first.map((box) => box.i));
  for (let i = 0; i < n; i++) {
    if (visibleFrom[i] > view.scale || drawn.has(i)) continue;
    const box = boxOf(i);
    if (onScreen(box) && !first.some((other) => overlap(box, other))) boxes.push(box);
  }
  return boxes;
}

// ---- drawing ----------------------------------------------------------------------------

let isDrawScheduled = false;
function redraw() {
  if (isDrawScheduled) return;
  isDrawScheduled = true;
  requestAnimationFrame(() => { isDrawScheduled = false; draw(); });
}

function colors() {
  const style = getComputedStyle(document.documentElement);
  const names = ["page", "ink", "faint", "line", "dot", "rest", "selected"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
}

function draw() {
  const color = colors();
  const boxes = shownLabels();
  const chosen = new Set(selected < 0 ? [] : [selected, ...neighboursOnMap(selected)]);
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, innerWidth, innerHeight);
  drawLines(color);
  drawDots(color, new Set(boxes.map((box) => box.i)), chosen);
  context.font = FONT;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = color.page;
  for (const box of boxes) {
    const x = box.left + DOT + TEXT_START, y = (box.top + box.bottom) / 2;
    context.globalAlpha = selected >= 0 && !chosen.has(box.i) && box.i !== hovered ? 0.4 : 1;
    context.strokeText(labels[box.i], x, y);
    context.fillStyle = box.i === selected ? color.selected : color.ink;
    context.fillText(labels[box.i], x, y);
  }
  context.globalAlpha = 1;
}

function drawLines(color) {
  context.strokeStyle = color.selected;
  context.lineWidth = 1;
  context.globalAlpha = 0.5;
  context.beginPath();
  for (const i of neighboursOnMap(selected)) {
    context.moveTo(screenX(selected), screenY(selected));
    context.lineTo(screenX(i), screenY(i));
  }
  context.stroke();
  context.globalAlpha = 1;
}

function drawDots(color, labelled, chosen) {
  const kinds = [[color.rest, []], [color.dot, []], [color.selected, []]];
  for (let i = 0; i < n; i++) kinds[chosen.has(i) ? 2 : labelled.has(i) ? 1 : 0][1].push(i);
  for (const [fill, group] of kinds) {
    context.fillStyle = fill;
    context.beginPath();
    for (const i of group) {
      const x = screenX(i), y = screenY(i);
      if (x < -DOT || y < -DOT || x > innerWidth + DOT || y > innerHeight + DOT) continue;
      context.moveTo(x + DOT, y);
      context.arc(x, y, DOT, 0, 2 * Math.PI);
    }
    context.fill();
  }
}

// ---- panning and zooming ----------------------------------------------------------------

function resize() {
  canvas.width = Math.round(innerWidth * devicePixelRatio);
  canvas.height = Math.round(innerHeight * devicePixelRatio);
  const before = fitScale;
  fitScale = fittedView().scale;
  if (view.scale === before) showAll();
  redraw();
}

/** Return the view that shows all dots, with room for labels on the right. */
function fittedView() {
  const span = (values) => [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const [left, right] = span(X), [top, bottom] = span(Y);
  // Between the panels, or below the header on a narrow screen.
  const head = byId("head").getBoundingClientRect();
  const panel = byId("details").getBoundingClientRect(); // its width is 0 while it is hidden
  const edge = innerWidth > 900
    ? { left: head.right + 20, right: panel.width + 90, top: 20, bottom: 60 }
    : { left: 20, right: 90, top: head.bottom + 20, bottom: 60 };
  const width = Math.max(innerWidth - edge.left - edge.right, 50);
  const height = Math.max(innerHeight - edge.top - edge.bottom, 50);
  // The extent is 0 for one word, or if all words have the same position.
  const scale = Math.min(width / (right - left || 1e-3), height / (bottom - top || 1e-3), 1e5);
  return {
    scale,
    x: edge.left + width / 2 - (scale * (left + right)) / 2,
    y: edge.top + height / 2 - (scale * (top + bottom)) / 2,
  };
}

function showAll() {
  Object.assign(view, fittedView());
  redraw();
}

/** Zoom, keeping the point at (x, y) of the screen fixed. */
function zoomAt(x, y, factor) {
  const scale = Math.min(Math.max(view.scale * factor, fitScale / 4), fitScale * 2000);
  const real = scale / view.scale;
  view.x = x - (x - view.x) * real;
  view.y = y - (y - view.y) * real;
  view.scale = scale;
  redraw();
}

const zoomAtCentre = (factor) => zoomAt(innerWidth / 2, innerHeight / 2, factor);

function pan(dx, dy) {
  view.x += dx;
  view.y += dy;
  redraw();
}

/** Select a word and centre the view on it, at a scale that also shows its neighbours. */
function centreOn(i) {
  const scales = neighboursOnMap(i).map((other) => Math.min(
    (0.3 * innerWidth) / Math.abs(X[other] - X[i]),
    (0.3 * innerHeight) / Math.abs(Y[other] - Y[i]),
  ));
  view.scale = Math.max(fitScale, Math.min(8 * fitScale, ...scales));
  view.x = innerWidth / 2 - X[i] * view.scale;
  view.y = innerHeight / 2 - Y[i] * view.scale;
  hovered = -1; // the word under the mouse has moved away
  select(i);
}

// ---- selecting a word -------------------------------------------------------------------

/** Return the word of the label at a position of the screen, or else of the nearest dot. */
function wordAt(x, y) {
  const point = { left: x, right: x, top: y, bottom: y };
  const box = shownLabels().find((other) => overlap(point, other));
  if (box) return box.i;
  let best = -1, least = CLICK_RADIUS;
  for (let i = 0; i < n; i++) {
    const distance = Math.hypot(screenX(i) - x, screenY(i) - y);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

function select(i) {
  selected = i;
  byId("details").hidden = i < 0;
  if (i >= 0) {
    byId("name").textContent = words[i];
    byId("kind").textContent = neighboursNote(data.neighbours[i]);
    const items = data.neighbours[i].map((other, k) => neighbourItem(other, data.cosines[i][k]));
    byId("neighbours").replaceChildren(...items);
    byId("details").scrollTop = 0;
  }
  redraw();
}

function neighboursNote(neighbours) {
  if (!neighbours.length) return "";
  const some = neighbours.some((other) => other >= n) ? "; words in grey are not on the map" : "";
  return "Nearest words by cosine, in all dimensions" + some;
}

function neighbourItem(i, cosine) {
  const line = document.createElement("li");
  const name = document.createElement(i < n ? "button" : "span");
  name.textContent = words[i];
  name.dir = "auto";
  if (i < n) {
    name.type = "button";
    name.addEventListener("click", () => centreOn(i));
  } else {
    name.className = "off";
    name.title = "not on the map";
  }
  const number = document.createElement("span");
  number.className = "cosine";
  number.textContent = (cosine / data.cosineSteps).toFixed(2);
  line.append(name, number);
  return line;
}

byId("close").addEventListener("click", () => { select(-1); canvas.focus(); });

// ---- mouse, touch and keyboard ----------------------------------------------------------

const CLICK_TOLERANCE = 4; // a press that moves less than this is a click
const pointers = new Map();
let moved = 0;

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  moved = pointers.size > 1 ? Infinity : 0;
  canvas.classList.add("dragged");
});

canvas.addEventListener("pointermove", (event) => {
  const last = pointers.get(event.pointerId);
  if (!last) {
    const before = hovered;
    hovered = wordAt(event.clientX, event.clientY);
    if (hovered !== before) redraw();
    return;
  }
  const dx = event.clientX - last.x, dy = event.clientY - last.y;
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  if (other) {
    const before = Math.hypot(last.x - other.x, last.y - other.y);
    const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    if (before > 0) zoomAt((event.clientX + other.x) / 2, (event.clientY + other.y) / 2, after / before);
    pan(dx / 2, dy / 2); // the midpoint between two fingers
  } else {
    moved += Math.hypot(dx, dy);
    if (moved >= CLICK_TOLERANCE) pan(dx, dy);
  }
  pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
});

function release(event) {
  if (!pointers.delete(event.pointerId)) return;
  if (!pointers.size) canvas.classList.remove("dragged");
  if (event.type === "pointerup" && moved < CLICK_TOLERANCE) select(wordAt(event.clientX, event.clientY));
}
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);
canvas.addEventListener("pointerleave", () => { hovered = -1; redraw(); });

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  // Some mice scroll by lines or pages; convert to pixels, roughly.
  const pixels = event.deltaY * [1, 30, 600][event.deltaMode];
  zoomAt(event.clientX, event.clientY, Math.exp(-Math.min(Math.max(pixels, -300), 300) / 400));
}, { passive: false });

const PAN_STEP = 60;
const KEY_ACTIONS = {
  ArrowLeft: () => pan(PAN_STEP, 0),
  ArrowRight: () => pan(-PAN_STEP, 0),
  ArrowUp: () => pan(0, PAN_STEP),
  ArrowDown: () => pan(0, -PAN_STEP),
  "+": () => zoomAtCentre(1.4),
  "=": () => zoomAtCentre(1.4),
  "-": () => zoomAtCentre(1 / 1.4),
  0: showAll,
};
canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEY_ACTIONS, event.key)) return;
  event.preventDefault();
  KEY_ACTIONS[event.key]();
});
document.addEventListener("keydown", (event) => {
  if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") select(-1);
  if (event.key === "/") {
    event.preventDefault();
    search.focus();
  }
});
byId("in").addEventListener("click", () => zoomAtCentre(1.6));
byId("out").addEventListener("click", () => zoomAtCentre(1 / 1.6));
byId("all").addEventListener("click", showAll);

// ---- search -----------------------------------------------------------------------------

const search = byId("search");
const list = byId("results");
const normalise = (text) => text.normalize("NFC").toLowerCase();
const normalised = words.slice(0, n).map(normalise);
let results = [];
let active = -1;

/**
 * Return the words that equal the text, then those that begin with it, then those that
 * contain it; within each group the most frequent first.
 */
function matches(text) {
  const groups = [[], [], []];
  const wanted = normalise(text.trim());
  if (wanted) {
    normalised.forEach((word, i) => {
      const at = word.indexOf(wanted);
      if (at >= 0) groups[word === wanted ? 0 : at === 0 ? 1 : 2].push(i);
    });
  }
  return groups.flat().slice(0, MAX_RESULTS);
}

function showResults() {
  results = matches(search.value);
  setActive(results.length ? 0 : -1);
  list.replaceChildren(...results.map((i, k) => {
    const option = document.createElement("li");
    option.id = "result-" + k;
    option.setAttribute("role", "option");
    option.dir = "auto";
    option.textContent = words[i];
    // On pointerdown, before the search field loses the focus.
    option.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(k); });
    return option;
  }));
  list.hidden = !results.length;
  search.setAttribute("aria-expanded", String(!list.hidden));
  setActive(active);
  byId("status").textContent = search.value.trim() && !results.length ? "No matching word on the map" : "";
}

function setActive(k) {
  active = k;
  [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === k)));
  list.children[k]?.scrollIntoView({ block: "nearest" });
  if (k < 0) search.removeAttribute("aria-activedescendant");
  else search.setAttribute("aria-activedescendant", "result-" + k);
}

function closeList() {
  list.hidden = true;
  search.setAttribute("aria-expanded", "false");
  search.removeAttribute("aria-activedescendant");
}

function choose(k) {
  centreOn(results[k]);
  search.value = words[results[k]];
  closeList();
}

search.addEventListener("input", showResults);
search.addEventListener("focus", () => { if (search.value) showResults(); });
search.addEventListener("blur", closeList);
search.addEventListener("keydown", (event) => {
  if (event.isComposing) return; // the input method handles these keys
  if (event.key === "Enter" && active >= 0) {
    event.preventDefault();
    choose(active);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) showResults();
    else setActive((active + (event.key === "ArrowDown" ? 1 : -1) + results.length) % results.length);
  } else if (event.key === "Escape") {
    if (list.hidden) { search.value = ""; select(-1); }
    closeList();
  }
});

// ---- start ------------------------------------------------------------------------------

canvas.setAttribute("aria-label", `Map of ${n} words`);
addEventListener("resize", resize);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
resize();
showAll();

// For tests and the console, because the content of a canvas cannot be inspected.
const selectedWord = () => words[selected] ?? null;
globalThis.wordMap = { view, shownLabels, words, screenX, screenY, selectedWord };
