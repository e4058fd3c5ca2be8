// The arithmetic of word2vec in float64: forward, errors, gradients, update.
//
// Symbols as in Rong 2014 (arXiv:1411.2738): input vectors v are the rows of W, output
// vectors v' the rows of W'; h hidden layer, u scores, y predictions, t labels,
// e errors, EH the gradient of the loss with respect to h.
//
// All gradients of one example are taken at the old values, then all rows change.

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const sigmoid = (u) => 1 / (1 + Math.exp(-u));
// log(1 + exp(x)), without overflow
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function softmax(scores) {
    const highest = scores.reduce((a, b) => Math.max(a, b));
    const weights = scores.map((u) => Math.exp(u - highest));
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / sum);
}

// Mean of the input vectors: Rong 2014, eq. 1 and 18.
function hiddenLayer(inputVectors, inputs) {
    const h = new Array(inputVectors[0].length).fill(0);
    for (const word of inputs)
        inputVectors[word].forEach((value, i) => { h[i] += value / inputs.length; });
    return h;
}

// One prediction. `outputs` is {word, rows, labels}: the target word, the rows of W'
// that are trained, and their labels t. Returns it with u, y, e and the loss.
function predict(outputVectors, h, outputs, objective) {
    const u = outputs.rows.map((row) => dot(outputVectors[row], h));
    const y = objective === "softmax" ? softmax(u) : u.map(sigmoid);
    const t = outputs.labels;
    const e = y.map((value, j) => value - t[j]);
    const loss = objective === "softmax"
        ? -Math.log(y[t.indexOf(1)])
        : u.reduce((sum, value, j) => sum + softplus(t[j] ? -value : value), 0);
    return { ...outputs, u, y, e, loss };
}

// Sum of the errors of each row of W' over all predictions: EI of Rong 2014, eq. 31.
function summedErrors(predictions) {
    const sums = new Map();
    for (const { rows, e } of predictions)
        rows.forEach((row, j) => sums.set(row, (sums.get(row) ?? 0) + e[j]));
    return sums;
}

// EH: Rong 2014, eq. 12 and 36.
function hiddenGradient(outputVectors, errors, dim) {
    const gradient = new Array(dim).fill(0);
    for (const [row, error] of errors)
        outputVectors[row].forEach((value, i) => { gradient[i] += error * value; });
    return gradient;
}

// What an example {inputs, targets: [outputs, ...]} gives, without a change.
function forward(weights, example, objective) {
    const h = hiddenLayer(weights.inputVectors, example.inputs);
    const predictions = example.targets.map((outputs) =>
        predict(weights.outputVectors, h, outputs, objective));
    const errors = summedErrors(predictions);
    const EH = hiddenGradient(weights.outputVectors, errors, h.length);
    const loss = predictions.reduce((sum, { loss }) => sum + loss, 0);
    return { ...example, h, predictions, errors, EH, loss };
}

const copyRows = (matrix, rows) => new Map([...rows].map((row) => [row, [...matrix[row]]]));

// Change the weights by one step of gradient descent; returns everything computed,
// with the old and new values of each row that changed.
function update(weights, example, objective, eta) {
    const { inputVectors, outputVectors } = weights;
    const step = forward(weights, example, objective);
    const { inputs, errors, h, EH } = step;
    const oldInputs = copyRows(inputVectors, inputs);
    const oldOutputs = copyRows(outputVectors, errors.keys());
    for (const [row, error] of errors)  // Rong 2014, eq. 11, 22 and 34
        h.forEach((value, i) => { outputVectors[row][i] -= eta * error * value; });
    for (const word of inputs)  // Rong 2014, eq. 16, 23 and 35
        EH.forEach((value, i) => { inputVectors[word][i] -= eta * value / inputs.length; });
    return {
        ...step, eta, oldInputs, oldOutputs,
        newInputs: copyRows(inputVectors, oldInputs.keys()),
        newOutputs: copyRows(outputVectors, oldOutputs.keys()),
    };
}
