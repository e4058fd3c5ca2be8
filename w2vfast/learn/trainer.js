// A training run: deterministic, so that any step can be reached again from the seed.

const MAX_CHECKPOINTS = 300;

class Trainer {
    constructor(settings) {
        this.settings = settings;
        this.corpus = buildCorpus(settings.text, settings.model, settings.window);
        const { counts } = this.corpus;
        this.paths = settings.objective === "hs" ? huffmanPaths(counts) : null;
        // Mikolov et al. 2013 (arXiv:1310.4546), sec. 2.2
        this.noise = counts.map((count) => count ** 0.75);
        this.interval = 64;
        this.reset();
    }

    reset() {
        const { dim, seed } = this.settings, V = this.corpus.words.length;
        this.random = new Random(seed);
        const matrix = (rows, value) =>
            Array.from({ length: rows }, () => Array.from({ length: dim }, value));
        this.inputVectors = matrix(V, () => this.random.draw() - 0.5);
        this.outputVectors = matrix(this.paths ? V - 1 : V, () => 0);
        this.stepNumber = 0;
        this.losses = [];
        this.last = null;
        this.checkpoints = [];
        this.keepCheckpoint();
    }

    // The rows of W' that one target word trains, and their labels.
    outputsOf(word) {
        const { objective, negative } = this.settings, V = this.corpus.words.length;
        if (objective === "hs") {
            const { points, codes } = this.paths[word];
            return { word, rows: points, labels: codes.map((code) => 1 - code) };
        }
        if (objective === "softmax") {
            const rows = [...this.corpus.words.keys()];
            return { word, rows, labels: rows.map((row) => Number(row === word)) };
        }
        const noise = Array.from({ length: negative }, () => drawIndex(this.random, this.noise))
            .filter((row) => row !== word && V > 1);
        return { word, rows: [word, ...noise], labels: [1, ...noise.map(() => 0)] };
    }

    nextExample() {
        const { examples } = this.corpus;
        const { inputs, words } = examples[this.stepNumber % examples.length];
        return { inputs, targets: words.map((word) => this.outputsOf(word)) };
    }

    step() {
        const { objective, eta } = this.settings;
        this.last = update(this, this.nextExample(), objective, eta);
        this.losses[this.stepNumber] = this.last.loss / this.last.predictions.length;
        this.stepNumber += 1;
        if (this.stepNumber % this.interval === 0) this.keepCheckpoint();
    }

    // What the next step will compute, without a change.
    preview() {
        const { state } = this.random;
        const result = forward(this, this.nextExample(), this.settings.objective);
        this.random.state = state;
        return result;
    }

    keepCheckpoint() {
        const copy = (matrix) => matrix.map((row) => [...row]);
        this.checkpoints.push({
            stepNumber: this.stepNumber, randomState: this.random.state,
            inputVectors: copy(this.inputVectors), outputVectors: copy(this.outputVectors),
        });
        if (this.checkpoints.length <= MAX_CHECKPOINTS) return;
        this.interval *= 2;
        this.checkpoints = this.checkpoints
            .filter(({ stepNumber }) => stepNumber % this.interval === 0);
    }

    // Reach a step, from the last checkpoint before it if it is in the past.
    goTo(target) {
        if (target < this.stepNumber) this.restore(target);
        while (this.stepNumber < target) this.step();
    }

    restore(target) {
        // One step before it, so that the last update can be shown.
        const before = Math.max(0, target - 1);
        while (this.checkpoints.at(-1).stepNumber > before) this.checkpoints.pop();
        const { stepNumber, randomState, inputVectors, outputVectors } =
            this.checkpoints.pop();
        Object.assign(this, { stepNumber, inputVectors, outputVectors, last: null });
        this.random.state = randomState;
        this.losses.length = stepNumber;
        this.keepCheckpoint();
    }

    get atEpoch() { return this.stepNumber / this.corpus.examples.length; }

    // Steps until the end of the sentence that is being read.
    stepsToSentenceEnd() {
        let left = this.stepNumber % this.corpus.examples.length;
        for (const { length } of this.corpus.sentences) {
            if (left < length) return length - left;
            left -= length;
        }
        return 1;
    }

    stepsToEpochEnd() {
        const { length } = this.corpus.examples;
        return length - this.stepNumber % length;
    }
}
