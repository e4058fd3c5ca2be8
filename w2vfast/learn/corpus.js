// From text to examples: which words are inputs, which are targets.

const MAX_WORDS = 200;

// A line is a sentence, or pairs: "drink juice -> apple".
function readText(text) {
    const lines = text.split(/\n/).map((line) => line.trim()).filter(Boolean);
    const tokens = (part) => part.split(/\s+/).filter(Boolean);
    return lines.map((line) => {
        const sides = line.split(/->|→/).map(tokens);
        return sides.length === 2 ? { left: sides[0], right: sides[1] }
            : { words: sides.flat() };
    });
}

// Words by descending count, equal ones by first occurrence.
function countWords(lines) {
    const counts = new Map();
    for (const { words, left, right } of lines)
        for (const word of words ?? [...left, ...right])
            counts.set(word, (counts.get(word) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, MAX_WORDS);
}

// Inputs and targets of one position, for each model.
const EXAMPLES = {
    cbow: (context, centre) => [{ inputs: context, words: [centre] }],
    skipgram: (context, centre) => [{ inputs: [centre], words: context }],
    // Rong 2014, sec. 1.1: one context word predicts one word.
    pair: (context, centre) =>
        context.map((word) => ({ inputs: [word], words: [centre] })),
};

const PAIR_EXAMPLES = {
    cbow: (left, right) => right.map((word) => ({ inputs: left, words: [word] })),
    skipgram: (left, right) => left.map((word) => ({ inputs: [word], words: right })),
    pair: (left, right) =>
        left.flatMap((word) => right.map((other) => ({ inputs: [word], words: [other] }))),
};

function lineExamples(line, ids, model, window) {
    const known = (words) =>
        words.filter((word) => ids.has(word)).map((word) => ids.get(word));
    if (!line.words) {
        const left = known(line.left), right = known(line.right);
        return left.length && right.length ? PAIR_EXAMPLES[model](left, right) : [];
    }
    const words = known(line.words);
    return words.flatMap((centre, pos) => {
        const context = [
            ...words.slice(Math.max(0, pos - window), pos),
            ...words.slice(pos + 1, pos + window + 1),
        ];
        return context.length ? EXAMPLES[model](context, centre) : [];
    });
}

// The vocabulary, and the examples of one epoch in the order of the text.
function buildCorpus(text, model, window) {
    const lines = readText(text), counted = countWords(lines);
    const words = counted.map(([word]) => word);
    const ids = new Map(words.map((word, id) => [word, id]));
    const sentences = lines.map((line) => lineExamples(line, ids, model, window))
        .filter((examples) => examples.length);
    return { words, counts: counted.map(([, count]) => count), sentences,
        examples: sentences.flat() };
}
