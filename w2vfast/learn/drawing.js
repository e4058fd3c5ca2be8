// Small helpers for all drawings: colours and words.

// The colour of a value: from orange (-1) over the paper to blue (+1).
function heat(value, largest = 1) {
    const share = Math.min(1, Math.abs(value) / largest);
    const colour = value < 0 ? "--orange" : "--blue";
    return `color-mix(in srgb, var(${colour}) ${Math.round(75 * share)}%, var(--paper))`;
}

// A label, cut if the word is long.
function label(text) {
    const letters = [...text];
    return escapeHtml(letters.length > 18 ? `${letters.slice(0, 17).join("")}…` : text);
}

// A word that can be clicked.
function chip(word, kind = "") {
    const text = escapeHtml(trainer.corpus.words[word]);
    return `<span class="chip ${kind}" data-word="${word}" data-link="in:${word}">${text}</span>`;
}

// The name of a row of W': a word, or an inner node of the tree.
function outputName(row) {
    return trainer.paths ? `n${row}` : trainer.corpus.words[row];
}
