"""A slow word2vec in NumPy and float64, written for reading: the kernels' oracle.

Follows fast mode's rules (spans, random streams, block updates) with the same
random numbers, but shares no code with the package.
"""

import functools
import itertools
import math

import numpy as np

MASK = (1 << 64) - 1


class Random:
    """SplitMix64, keyed by (seed, epoch, span)."""

    def __init__(self, seed, epoch, index):
        self.state = seed
        self.state = self.draw64() ^ epoch
        self.state = self.draw64() ^ index
        self.state = self.draw64()

    def draw64(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def draw(self):
        """32 random bits."""
        return self.draw64() >> 32

    def below(self, bound):
        return self.draw() * bound >> 32


def sigmoid(logits):
    return 1.0 / (1.0 + np.exp(-logits))


def sigmoid_losses(logits, labels):
    """-log sigmoid(+-logit) of each input (row) and output."""
    return np.logaddexp(0, np.where(labels > 0, -logits, logits))


def softmax(logits):
    """Probabilities of the outputs, of each input in a row."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def softmax_losses(logits, labels):
    """-log p(output | input) at the outputs with label 1, elsewhere 0."""
    return -np.log(softmax(logits)) * labels


OBJECTIVES = {
    "sigmoid": (sigmoid, sigmoid_losses),
    "softmax": (softmax, softmax_losses),
}


def block_loss(inputs, outputs, labels, objective="sigmoid"):
    """Sum of the losses over all inputs and outputs."""
    _, losses = OBJECTIVES[objective]
    return losses(inputs @ outputs.T, np.asarray(labels)).sum()


def distinct(rows):
    """Distinct rows in the order of their first occurrence, and their counts."""
    counts = {}
    for row in rows:
        counts[row] = counts.get(row, 0) + 1
    return list(counts), np.array(list(counts.values()), dtype=float)


def block_update(
    syn0, input_rows, syn1, output_rows, labels, alpha, objective="sigmoid"
):
    """Inputs one after the other, as in word2vec.c, each with all outputs; the losses.

    What the inputs before it add to an input's logits is taken from the errors of the
    logits before any update: one Jacobi step.  A row listed twice counts twice, with
    the label of its first occurrence.
    """
    predict, losses = OBJECTIVES[objective]
    first_labels = dict(zip(output_rows[::-1], labels[::-1], strict=True))
    input_rows, input_counts = distinct(input_rows)
    output_rows, output_counts = distinct(output_rows)
    labels = np.array([first_labels[row] for row in output_rows], dtype=float)
    counts = np.outer(input_counts, output_counts)
    x, y = syn0[input_rows], syn1[output_rows]
    logits = x @ y.T
    errors = alpha * counts * (labels - predict(logits))
    logits += np.tril(x @ x.T, -1) @ errors
    errors = alpha * counts * (labels - predict(logits))
    for row, old, error in zip(input_rows, x, errors, strict=True):
        syn0[row] += error @ y
        y += np.outer(error, old)
    syn1[output_rows] = y
    return (counts * losses(logits, labels)).sum(axis=1)


def sequential_update(syn0, input_rows, syn1, output_rows, labels, alpha):
    """Skip-gram in word2vec.c: one input after the other, one output after the other.

    Source: TrainModelThread; the sigmoid in place of its table.
    """
    for input_row in input_rows:
        neu1e = np.zeros(syn0.shape[1])
        for output_row, label in zip(output_rows, labels, strict=True):
            error = alpha * (label - sigmoid(syn0[input_row] @ syn1[output_row]))
            neu1e += error * syn1[output_row]
            syn1[output_row] += error * syn0[input_row]
        syn0[input_row] += neu1e


def in_blocks(contexts, limit=8):
    """Split a window into blocks of about equal numbers of contexts."""
    blocks = []
    while len(contexts):
        n_blocks = math.ceil(len(contexts) / limit)
        size = math.ceil(len(contexts) / n_blocks)
        blocks.append(contexts[:size])
        contexts = contexts[size:]
    return blocks


class Word2VecReference:
    """Fast mode at one worker."""

    def __init__(self, syn0, counts, p, tree, aliases, frozen=()):
        self.p = p
        self.syn0 = syn0.astype(np.float64)
        self.frozen = list(frozen)
        self.frozen_rows = self.syn0[self.frozen]
        self.syn1 = np.zeros_like(self.syn0)
        self.syn1neg = np.zeros_like(self.syn0)
        self.counts = counts.astype(np.float64)
        self.tree = tree
        self.aliases = aliases.tolist() if p.negative else None
        self.objective = "softmax" if p.objective == "softmax" else "sigmoid"
        self.loss = 0.0
        self.predictions = 0

    def train(self, ids, starts, epochs):
        n_ids = len(ids)
        for epoch in range(epochs):
            for span in range(len(starts) - 1):
                self.random = Random(self.p.seed, epoch, span)
                self.fill_pool()
                alpha_at = functools.partial(self.alpha_at, epoch, epochs, n_ids)
                sentences = self.sentences(ids, starts[span], starts[span + 1])
                for start, stop in sentences:
                    self.alpha = alpha_at(start)
                    self.sentence(ids, start, stop)

    def alpha_at(self, epoch, epochs, n_ids, place):
        stretch = (epoch * n_ids + place) // 10_000 * 10_000
        done = stretch / (epochs * n_ids)
        line = self.p.start_alpha * (1 - done) + self.p.end_alpha * done
        return max(line, self.p.alpha_floor)

    def sentences(self, ids, start, stop):
        place = start
        while place < stop:
            end = place
            while end < stop and end - place < self.p.max_sentence_length:
                end += 1
                if ids[end - 1] == 0:
                    break
            yield place, end
            place = end

    def kept(self, ids, start, stop):
        """Places of the words that subsampling keeps, and the words."""
        places = [
            place
            for place in range(start, stop)
            if self.keeps(ids[place]) and ids[place] != 0
        ]
        return places, [int(ids[place]) for place in places]

    def contexts(self, words, pos):
        reach = self.p.window
        if self.p.shrink_windows:
            reach = self.next_reach(pos)
        return words[max(0, pos - reach) : pos] + words[pos + 1 : pos + reach + 1]

    def next_reach(self, pos):
        """Words on each side: random in skip-gram; in CBOW, up and down."""
        window = self.p.window
        if self.p.sg:
            return 1 + self.random.below(window)
        if pos == 0:
            stride = 2 if self.has_odd_windows else 1
            sizes = [*range(1, window + 1, stride)]
            n = len(sizes)
            start = self.random.below(2 * n)
            place = start // 2 if start % 2 else 2 * n - 1 - start // 2
            step = max(min(3, math.ceil(window / 4)), math.ceil(window / 5))
            steps = itertools.count(place, max(2, math.ceil(step / stride)))
            sizes += reversed(sizes)
            self.reaches = (sizes[step % len(sizes)] for step in steps)
        return next(self.reaches)

    @property
    def has_odd_windows(self):
        """In CBOW, where the C program has no others."""
        p = self.p
        is_even = p.window % 2 == 0 and p.window > 2
        are_drawn = p.shrink_windows and not p.sg
        return are_drawn and is_even and p.negative % 2 == 1 and p.sample == 0

    def takes_loss(self, ids, place):
        return self.p.compute_loss or len(ids) < 20_000 or place % 16 == 0

    def sentence(self, ids, start, stop):
        places, words = self.kept(ids, start, stop)
        for pos, (place, word) in enumerate(zip(places, words, strict=True)):
            contexts = self.contexts(words, pos)
            if contexts:
                train = self.skipgram if self.p.sg else self.cbow
                train(contexts, word, self.takes_loss(ids, place))

    def keeps(self, word):
        if self.p.sample == 0:
            return True
        st = self.p.sample * self.counts[1:].sum()
        n = self.counts[word]
        keep = min(1.0, (np.sqrt(n / st) + 1) * st / n)
        return self.random.draw() <= int(keep * (2**32 - 1))

    def noise_word(self):
        random = self.random.draw64()
        slot = (random >> 32) * len(self.aliases) >> 32
        threshold, alias = self.aliases[slot]
        return slot if random & 0xFFFFFFFF < threshold else alias

    @property
    def pool_sets(self):
        """For 12 centre words; twice a word's contexts up to 24, else as many."""
        window = self.p.window
        contexts = window + 1 if self.p.shrink_windows else 2 * window
        if self.has_odd_windows:
            contexts = window
        n_centres = contexts if contexts >= 24 else min(max(12, 2 * contexts), 24)
        reaches = range(1, window + 1) if self.p.shrink_windows else [window]
        # In skip-gram a word has a set for each 16 contexts.
        n_sets = [math.ceil(reach / 8) if self.p.sg else 1 for reach in reaches]
        return math.ceil(min(120, n_centres) * sum(n_sets) / len(n_sets))

    def fill_pool(self):
        """Draw the pool of negative samples, four uses each."""
        self.pool_uses = 0
        if self.p.negative and self.p.negative_sharing == "window":
            size = self.pool_sets * self.p.negative + 1
            self.pool = [self.noise_word() for _ in range(size)]

    def pooled_word(self):
        turn, pos = divmod(self.pool_uses, len(self.pool))
        self.pool_uses += 1
        word = self.pool[pos]
        if (pos + turn) % 4 == 0:
            self.pool[pos] = self.noise_word()
        return word

    def outputs(self, word):
        """Yield (matrix, rows, labels) of each objective."""
        if self.p.hs:
            path = slice(self.tree.offsets[word], self.tree.offsets[word + 1])
            yield (
                self.syn1,
                self.tree.points[path],
                1 - self.tree.codes[path].astype(int),
            )
        if self.p.negative:
            pair = self.p.negative_sharing == "pair"
            draw = self.noise_word if pair else self.pooled_word
            noise = [draw() for _ in range(self.p.negative)]
            rows = [word, *(w for w in noise if w != word)]
            yield self.syn1neg, rows, np.array([1] + [0] * (len(rows) - 1))
        if self.p.objective == "softmax":
            rows = np.arange(1, len(self.syn1neg))
            yield self.syn1neg, rows, (rows == word).astype(int)

    def skipgram(self, contexts, word, take_loss):
        n = len(contexts)
        is_pair = self.p.negative_sharing == "pair"
        n_sets = n if is_pair else math.ceil(n / 16)
        sets = [list(self.outputs(word)) for _ in range(n_sets)]
        first = 0
        for inputs in in_blocks(contexts, 1 if is_pair else 8):
            for matrix, rows, labels in sets[first * n_sets // n]:
                loss = self.update(self.syn0, inputs, matrix, rows, labels)
                self.loss += take_loss * loss
                self.syn0[self.frozen] = self.frozen_rows
            self.predictions += take_loss * len(inputs)
            first += len(inputs)

    def update(self, inputs, input_rows, matrix, rows, labels):
        return block_update(
            inputs, input_rows, matrix, rows, labels, self.alpha, self.objective
        ).sum()

    def cbow(self, contexts, word, take_loss):
        neu1 = self.syn0[contexts].sum(axis=0, keepdims=True)
        if self.p.cbow_mean:
            neu1 /= len(contexts)
        neu1e = np.zeros_like(neu1)
        for matrix, rows, labels in self.outputs(word):
            changed = neu1.copy()
            self.loss += take_loss * self.update(changed, [0], matrix, rows, labels)
            neu1e += changed - neu1
        self.predictions += take_loss
        if self.p.cbow_gradient == "mean" and self.p.cbow_mean:
            neu1e /= len(contexts)
        np.add.at(self.syn0, contexts, np.repeat(neu1e, len(contexts), axis=0))
        self.syn0[self.frozen] = self.frozen_rows
