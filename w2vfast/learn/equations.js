// The equations of the chosen model, with this update's numbers, in MathML.

const mi = (name) => `<mi>${name}</mi>`;
const mo = (sign) => `<mo>${sign}</mo>`;
const bold = (name) => `<mi mathvariant="normal" style="font-weight:bold">${name}</mi>`;
const sub = (base, index) => `<msub><mrow>${base}</mrow><mrow>${index}</mrow></msub>`;
const vOut = (j) => sub(`${bold("v")}<mo lspace="0" rspace="0">′</mo>`, j);
const math = (...parts) => `<math>${parts.join("")}</math>`;
const sum = (index) => `<munder><mo>∑</mo><mrow>${index}</mrow></munder>`;
const fraction = (a, b) => `<mfrac><mrow>${a}</mrow><mrow>${b}</mrow></mfrac>`;
const T = "<mo>⊤</mo>";
const dotT = (a) => `<msup><mrow>${a}</mrow>${T}</msup>${bold("h")}`;
const ofOld = (base) => `<msup><mrow>${base}</mrow><mtext>old</mtext></msup>`;
const ofNew = (base) => `<msup><mrow>${base}</mrow><mtext>new</mtext></msup>`;

// Where each equation comes from: its number in Rong 2014, or the section.
const SOURCES = {
    softmax: {
        pair: { h: "1", u: "2", y: "3", E: "7", e: "8", EH: "12", out: "11", in: "16" },
        cbow: { h: "18", u: "2", y: "3", E: "19", e: "8", EH: "12", out: "22", in: "23" },
        skipgram: { h: "24", u: "26", y: "25", E: "28", e: "30", EI: "31", EH: "36",
            out: "34", in: "35" },
    },
    // The others have no number of their own there.
    hs: { section: "Rong 2014, sec. 3.1; Mikolov et al. 2013, sec. 2.1",
        y: "39", E: "46", e: "49", EH: "53", out: "51" },
    ns: { section: "Rong 2014, sec. 3.2; Mikolov et al. 2013, sec. 2.2",
        E: "55", e: "57", EH: "61", out: "59" },
};

function sourceOf(name) {
    const { model, objective } = trainer.settings;
    const isOfModel = objective === "softmax" || name === "h" || name === "in";
    const own = isOfModel ? SOURCES.softmax[model] : SOURCES[objective];
    return name in own ? `Rong 2014, eq. ${own[name]}` : own.section;
}

function vector(values) {
    return `(${values.map((value) => number(value)).join(", ")})`;
}

// A number inside a sum or product, in parentheses if it is negative.
const factor = (value, digits = 3) =>
    value < 0 ? `(${number(value, digits)})` : number(value, digits);

const term = (link, html) => `<span class="term" data-link="${link}">${html}</span>`;

function equation(name, formula, numbers = "") {
    return `<div class="equation"><span class="source">${sourceOf(name)}</span>${formula}
        <div class="numbers">${numbers}</div></div>`;
}

function hiddenEquation({ inputs, h }) {
    const C = inputs.length;
    const formula = C === 1 ? math(bold("h"), mo("="), sub(bold("v"), mi("I")))
        : math(bold("h"), mo("="), fraction("<mn>1</mn>", mi("C")), sum(mi("c")), sub(bold("v"), mi("c")));
    const names = inputs.map((word) =>
        term(`in:${word}`, `v(${escapeHtml(trainer.corpus.words[word])})`)).join(" + ");
    const left = C === 1 ? names : `1/${C} · (${names})`;
    return equation("h", formula, `= ${left} = ${term("h", vector(h))}`);
}

// Old output vectors are those the scores were computed with.
function oldOutput(result, row) {
    return result.oldOutputs?.get(row) ?? trainer.outputVectors[row];
}

function scoreEquation(result) {
    const { rows, u } = result.predictions[0];
    const j = Math.max(0, rows.indexOf(result.predictions[0].word)), row = rows[j];
    if (row === undefined) return "";
    const products = oldOutput(result, row).map((value, i) =>
        `${factor(value)} · ${factor(result.h[i])}`).join(" + ");
    const name = escapeHtml(outputName(row));
    return equation("u", math(sub(mi("u"), mi("j")), mo("="), dotT(vOut(mi("j")))),
        `${term(`out:${row}`, `v′(${name})`)}ᵀ ${term("h", "h")} = ${products} = <b>${number(u[j])}</b>`);
}

function predictionEquation() {
    const u = sub(mi("u"), mi("j"));
    const isSoftmax = trainer.settings.objective === "softmax";
    const value = isSoftmax
        ? fraction(`${mi("exp")}${mo("(")}${u}${mo(")")}`,
            `${sum(mi("k"))}${mi("exp")}${mo("(")}${sub(mi("u"), mi("k"))}${mo(")")}`)
        : `${mi("σ")}${mo("(")}${u}${mo(")")}${mo("=")}${fraction("<mn>1</mn>", `<mn>1</mn>${mo("+")}${mi("exp")}${mo("(")}${mo("−")}${u}${mo(")")}`)}`;
    return equation("y", math(sub(mi("y"), mi("j")), mo("="), value));
}

function outputTable({ word, rows, u, y, labels, e }) {
    const kind = trainer.paths ? "node" : "word";
    const lines = rows.map((row, j) => `<tr data-link="out:${row}" class="${labels[j] && !trainer.paths ? "is-target" : ""}">
        <th>${label(outputName(row))}</th><td>${number(u[j])}</td><td>${number(y[j])}</td><td>${labels[j]}</td><td>${number(e[j])}</td></tr>`);
    return `<h3>${say("forTarget")}: ${chip(word, "target")}</h3><div class="scroll"><table><thead><tr><th>${say(kind)}</th>
        <th>u</th><th>y</th><th>t</th><th>e</th></tr></thead><tbody>${lines.join("")}</tbody></table></div>`;
}

// -log of each probability that should be 1, for the first target.
function lossEquation(result) {
    const E = mi("E"), y = sub(mi("y"), mi("j"));
    const isSoftmax = trainer.settings.objective === "softmax";
    const several = result.predictions.length > 1;
    const right = several ? sum(mi("c")) + mi("log") + sub(mi("y"), `${mi("c")}${mo(",")}${mi("O")}`)
        : mi("log") + sub(mi("y"), mi("O"));
    const formula = isSoftmax ? math(E, mo("="), mo("−"), right)
        : math(E, mo("="), mo("−"), sum(`${mi("t")}${mo("=")}<mn>1</mn>`), mi("log"), y, mo("−"),
            sum(`${mi("t")}${mo("=")}<mn>0</mn>`), mi("log"), mo("("), "<mn>1</mn>", mo("−"), y, mo(")"));
    const parts = result.predictions.map(({ loss }) => number(loss));
    const added = parts.length > 1 ? `${parts.join(" + ")} = ` : "";
    return equation("E", formula, `= ${added}<b>${number(result.loss)}</b>`);
}

function errorEquations(result) {
    const e = equation("e", math(sub(mi("e"), mi("j")), mo("="), sub(mi("y"), mi("j")), mo("−"), sub(mi("t"), mi("j"))));
    if (result.predictions.length === 1) return e;
    const sums = [...result.errors].map(([row, error]) =>
        term(`out:${row}`, `EI(${escapeHtml(outputName(row))}) = ${number(error)}`)).join(", ");
    return e + equation("EI", math(sub(mi("EI"), mi("j")), mo("="), sum(mi("c")), sub(mi("e"), `${mi("c")}${mo(",")}${mi("j")}`)), sums);
}

const summedError = (result) => result.predictions.length > 1 ? sub(mi("EI"), mi("j")) : sub(mi("e"), mi("j"));

function hiddenGradientEquation(result) {
    const parts = [...result.errors].slice(0, 6).map(([row, error]) =>
        `${factor(error)} · ${term(`out:${row}`, `v′(${escapeHtml(outputName(row))})`)}`).join(" + ");
    const more = result.errors.size > 6 ? " + …" : "";
    return equation("EH", math(mi("EH"), mo("="), sum(mi("j")), summedError(result), vOut(mi("j"))),
        `= ${parts}${more} = ${vector(result.EH)}`);
}

function rowChange(link, name, old, gradient, scale, changed) {
    const values = changed ?? old.map((value, i) => value - scale * gradient[i]);
    return `<div>${term(link, escapeHtml(name))}: ${vector(old)} − ${factor(scale, 4)} · ${vector(gradient)} = <b>${vector(values)}</b></div>`;
}

function outputUpdate(result) {
    const { eta } = trainer.settings;
    const rows = [...result.errors].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
    const lines = rows.slice(0, 4).map(([row, error]) => rowChange(`out:${row}`, `v′(${outputName(row)})`,
        oldOutput(result, row), result.h, eta * error, result.newOutputs?.get(row)));
    const more = rows.length > 4 ? `<div class="note">${say("more", { n: rows.length - 4 })}</div>` : "";
    return equation("out", math(ofNew(vOut(mi("j"))), mo("="), ofOld(vOut(mi("j"))), mo("−"), mi("η"),
        summedError(result), bold("h")), lines.join("") + more);
}

function inputUpdate(result) {
    const { inputs, EH } = result, C = inputs.length, { eta } = trainer.settings;
    const distinct = [...new Set(inputs)];
    const lines = distinct.map((word) => rowChange(`in:${word}`, `v(${trainer.corpus.words[word]})`,
        result.oldInputs?.get(word) ?? trainer.inputVectors[word], EH,
        eta / C * inputs.filter((other) => other === word).length, result.newInputs?.get(word)));
    const v = sub(bold("v"), C === 1 ? mi("I") : mi("c"));
    const rate = C === 1 ? mi("η") : fraction(mi("η"), mi("C"));
    return equation("in", math(ofNew(v), mo("="), ofOld(v), mo("−"), rate, mi("EH")), lines.join(""));
}

function drawEquations(result) {
    byId("equations").innerHTML = `<h3>${say("forward")}</h3>${hiddenEquation(result)}${scoreEquation(result)}
        ${predictionEquation()}${result.predictions.map(outputTable).join("")}${lossEquation(result)}
        <h3>${say("error")}</h3>${errorEquations(result)}${hiddenGradientEquation(result)}
        <h3>${say("updates")}</h3>${outputUpdate(result)}${inputUpdate(result)}`;
}
