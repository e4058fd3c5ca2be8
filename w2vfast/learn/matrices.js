// W and W' as heat maps with a number in each cell.

let matrixCells = {};

function matrixTable(matrix, symbol, link, name) {
    const heads = matrix[0]?.map((_, i) => `<th>${i + 1}</th>`).join("") ?? "";
    const rows = matrix.map((values, row) => `<tr data-link="${link}:${row}">
        <th ${link === "out" && trainer.paths ? "" : `data-word="${row}"`}>${label(name(row))}</th>${values.map(() => "<td></td>").join("")}</tr>`);
    return `<div><table id="matrix-${link}"><thead><tr><th>${symbol}</th>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

// Make the tables of a new training.
function makeMatrices() {
    byId("matrices").innerHTML =
        matrixTable(trainer.inputVectors, "W", "in", (word) => trainer.corpus.words[word])
        + matrixTable(trainer.outputVectors, "W′", "out", outputName);
    byId("matrices").classList.toggle("many", trainer.settings.dim > 10);
    byId("matrices").style.gridTemplateColumns = trainer.settings.dim > 5 ? "minmax(0, 1fr)" : "";
    matrixCells = Object.fromEntries(["in", "out"].map((link) =>
        [link, [...byId(`matrix-${link}`).tBodies[0].rows]]));
}

function drawMatrix(link, matrix, changed) {
    const largest = Math.max(0.5, ...matrix.map((row) => Math.max(...row.map(Math.abs))));
    matrixCells[link].forEach((tr, row) => {
        tr.classList.toggle("changed", Boolean(changed?.has(row)));
        matrix[row].forEach((value, i) => {
            const cell = tr.cells[i + 1];
            cell.textContent = number(value, 2);
            cell.style.background = heat(value, largest);
        });
    });
}

// Scroll a long table to the first row that changed, if it is out of sight.
function showChangedRow(link) {
    const row = matrixCells[link].find((tr) => tr.classList.contains("changed"));
    if (!row) return;
    const box = byId(`matrix-${link}`).parentElement, head = row.offsetHeight;
    const top = row.getBoundingClientRect().top - box.getBoundingClientRect().top;
    if (top < head || top + head > box.clientHeight) box.scrollTop += top - 2 * head;
}

function drawMatrices(result) {
    drawMatrix("in", trainer.inputVectors, result.newInputs);
    drawMatrix("out", trainer.outputVectors, result.newOutputs);
    if (!running) ["in", "out"].forEach(showChangedRow);
}
