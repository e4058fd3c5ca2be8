"""The arithmetic of the learning page, in a browser, against the reference."""

import numpy as np
import pytest
from reference import Word2VecReference, block_update

from w2vfast import _core, save_learn_page
from w2vfast.params import TrainParams
from w2vfast.training import huffman, sampling
from w2vfast.training.run_input import RunInput
from w2vfast.training.tables import Tables
from w2vfast.training.trainer import Trainer
from w2vfast.training.weights import new_weights

pytestmark = pytest.mark.browser

N_WORDS, DIM = 12, 5
TRAIN = """
const { inputVectors, outputVectors, examples, objective } = arguments[0];
const weights = { inputVectors, outputVectors };
const losses = examples.map(({ inputs, targets, eta }) =>
    update(weights, { inputs, targets }, objective, eta).loss);
return { ...weights, losses };
"""
MODELS = {
    "one word": (1, 1),
    "cbow": (4, 1),
    "skip-gram": (1, 4),
}
OBJECTIVES = ("softmax", "hs", "ns")
# A line of the page's arithmetic, and the same with a wrong gradient.
GRADIENT_ERRORS = {
    "not divided by C": ("eta * value / inputs.length", "eta * value"),
    "sign of v'": ("[row][i] -= eta * error", "[row][i] += eta * error"),
    "label": ("value - t[j]", "value - 0.999 * t[j]"),
    "sum for h": (
        "value / inputs.length; });\n    return h",
        "value; });\n    return h",
    ),
    "new v' in EH": (
        "const step = forward(weights, example, objective);",
        """const step = forward(weights, example, objective);
        for (const [, error] of step.errors)
            step.h.forEach((h, i) => { step.EH[i] -= eta * error ** 2 * h; });""",
    ),
    "sum of errors": ("(sums.get(row) ?? 0) + e[j]", "e[j]"),
}


@pytest.fixture
def page(driver, tmp_path):
    path = tmp_path / "learn.html"
    save_learn_page(path)
    driver.get(path.as_uri())
    return driver


def tree_of(counts):
    return huffman.build_tree(np.concatenate([[0], counts]))


def random_example(rng, objective, n_inputs, n_targets):
    inputs = rng.integers(N_WORDS, size=n_inputs).tolist()
    words = rng.integers(N_WORDS, size=n_targets).tolist()
    return {
        "inputs": inputs,
        "targets": [outputs_of(rng, objective, w) for w in words],
        "eta": 0.2,
    }


def outputs_of(rng, objective, word):
    if objective == "softmax":
        rows = list(range(N_WORDS))
        return {"word": word, "rows": rows, "labels": [int(r == word) for r in rows]}
    if objective == "hs":
        tree = tree_of(np.arange(N_WORDS, 0, -1))
        path = slice(tree.offsets[word + 1], tree.offsets[word + 2])
        labels = 1 - tree.codes[path].astype(int)
        return {
            "word": word,
            "rows": tree.points[path].tolist(),
            "labels": labels.tolist(),
        }
    noise = [w for w in rng.integers(N_WORDS, size=5).tolist() if w != word]
    return {"word": word, "rows": [word, *noise], "labels": [1, *[0] * len(noise)]}


def reference_training(start, examples, objective):
    """All gradients of an example at the old values, by updates of one input each."""
    names = ("inputVectors", "outputVectors")
    syn0, syn1 = (np.array(start[name], np.float64) for name in names)
    kind = "softmax" if objective == "softmax" else "sigmoid"
    losses = []
    for example in examples:
        inputs, old_outputs = example["inputs"], syn1.copy()
        h = syn0[inputs].mean(axis=0, keepdims=True)
        neu1e, loss = np.zeros_like(h), 0.0
        for outputs in example["targets"]:
            changed, rows = h.copy(), old_outputs.copy()
            loss += block_update(
                changed,
                [0],
                rows,
                outputs["rows"],
                outputs["labels"],
                example["eta"],
                kind,
            ).sum()
            neu1e += changed - h
            syn1 += rows - old_outputs
        np.add.at(syn0, inputs, np.repeat(neu1e / len(inputs), len(inputs), axis=0))
        losses.append(loss)
    return {"inputVectors": syn0, "outputVectors": syn1, "losses": losses}


def a_training(model, objective, n_updates=200):
    rng = np.random.default_rng(5)
    start = {
        "inputVectors": rng.normal(size=(N_WORDS, DIM)).tolist(),
        "outputVectors": rng.normal(size=(N_WORDS, DIM)).tolist(),
    }
    examples = [
        random_example(rng, objective, *MODELS[model]) for _ in range(n_updates)
    ]
    return start, examples


def page_training(page, start, examples, objective, script=TRAIN):
    return page.execute_script(
        script, {**start, "examples": examples, "objective": objective}
    )


def assert_same(found, expected, atol):
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=0, atol=atol, err_msg=name)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("model", MODELS)
def test_200_updates_follow_the_reference(model, objective, page):
    start, examples = a_training(model, objective)
    expected = reference_training(start, examples, objective)
    found = page_training(page, start, examples, objective)
    assert_same(found, expected, atol=1e-9)
    moved = np.abs(expected["inputVectors"] - start["inputVectors"])
    assert moved.max() > 0.1


@pytest.mark.parametrize("error", GRADIENT_ERRORS)
def test_a_wrong_gradient_is_found(error, driver, tmp_path):
    right, wrong = GRADIENT_ERRORS[error]
    path = tmp_path / "learn.html"
    save_learn_page(path)
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    driver.get(path.as_uri())
    wrong_somewhere = False
    for model in MODELS:
        for objective in OBJECTIVES:
            start, examples = a_training(model, objective, n_updates=20)
            expected = reference_training(start, examples, objective)
            found = page_training(driver, start, examples, objective)
            gap = np.abs(np.subtract(found["inputVectors"], expected["inputVectors"]))
            wrong_somewhere |= gap.max() > 1e-6
    assert wrong_somewhere


def test_the_tree_has_the_paths_of_the_package(page):
    counts = [90, 40, 40, 17, 9, 9, 9, 2, 1, 1]
    paths = page.execute_script("return huffmanPaths(arguments[0])", counts)
    tree = tree_of(np.array(counts))
    for word, path in enumerate(paths):
        part = slice(tree.offsets[word + 1], tree.offsets[word + 2])
        assert path["points"] == tree.points[part].tolist()
        assert path["codes"] == tree.codes[part].tolist()


# ---- the page's own examples: windows, words, paths and labels ---------------------

PAGE_TRAINING = """
const start = { inputVectors: trainer.inputVectors.map((row) => [...row]),
    outputVectors: trainer.outputVectors.map((row) => [...row]) };
const drawn = [];
for (let k = 0; k < arguments[0]; k++) {
    trainer.step();
    drawn.push(trainer.last.targets.map(({ rows }) => rows.slice(1)));
}
const { words, counts } = trainer.corpus, { settings } = trainer;
return { start, drawn, words, counts, settings, inputVectors: trainer.inputVectors,
    outputVectors: trainer.outputVectors, losses: trainer.losses };
"""
# A line of what the page trains on, and the same with an error.
EXAMPLE_ERRORS = {
    "label of a path": ("codes.map((code) => 1 - code)", "codes.map((code) => code)"),
    "window": ("pos + window + 1)", "pos + window)"),
    "label of a word": ("[1, ...noise.map(() => 0)]", "[1, ...noise.map(() => 1)]"),
    "order": ("this.stepNumber % examples.length", "0"),
}


def windows(text, window):
    """Yield the context words and the centre word of each position."""
    for line in text.splitlines():
        words = line.split()
        for pos, word in enumerate(words):
            context = words[max(0, pos - window) : pos]
            context += words[pos + 1 : pos + window + 1]
            yield context, word


def examples_of(model, text, window):
    """Inputs and targets of one epoch, as words."""
    for context, word in windows(text, window):
        if model == "cbow":
            yield context, [word]
        elif model == "skipgram":
            yield [word], context
        else:
            yield from (([other], [word]) for other in context)


def examples_with_outputs(found, objective):
    """The examples of the page's updates; only its negative samples are taken over."""
    ids = {word: row for row, word in enumerate(found["words"])}
    tree = tree_of(np.array(found["counts"]))
    settings = found["settings"]
    epoch = list(examples_of(settings["model"], settings["text"], settings["window"]))

    def outputs(row, noise):
        rows, labels = [row, *noise], [1, *[0] * len(noise)]
        if objective == "softmax":
            rows = list(range(len(ids)))
            labels = [int(other == row) for other in rows]
        if objective == "hs":
            path = slice(tree.offsets[row + 1], tree.offsets[row + 2])
            rows = tree.points[path].tolist()
            labels = (1 - tree.codes[path].astype(int)).tolist()
        return {"word": row, "rows": rows, "labels": labels}

    for k, drawn in enumerate(found["drawn"]):
        inputs, targets = epoch[k % len(epoch)]
        yield {
            "inputs": [ids[word] for word in inputs],
            "targets": [
                outputs(ids[word], noise)
                for word, noise in zip(targets, drawn, strict=True)
            ],
            "eta": settings["eta"],
        }


def gap_of_own_examples(driver, path, model, objective, n_updates):
    address = f"preset=languages&model={model}&objective={objective}&window=2"
    driver.get("about:blank")
    driver.get(f"{path.as_uri()}#{address}")
    found = driver.execute_script(PAGE_TRAINING, n_updates)
    examples = list(examples_with_outputs(found, objective))
    expected = reference_training(found["start"], examples, objective)
    n_targets = [len(example["targets"]) for example in examples]
    expected["losses"] = np.divide(expected["losses"], n_targets)
    return max(np.abs(np.subtract(found[n], expected[n])).max() for n in expected)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("model", ["pair", "cbow", "skipgram"])
def test_200_updates_of_the_page_itself_follow_the_reference(
    model, objective, driver, tmp_path
):
    path = tmp_path / "learn.html"
    save_learn_page(path)
    assert gap_of_own_examples(driver, path, model, objective, 200) < 1e-9


@pytest.mark.parametrize("error", EXAMPLE_ERRORS)
def test_a_wrong_example_is_found(error, driver, tmp_path):
    right, wrong = EXAMPLE_ERRORS[error]
    path = tmp_path / "learn.html"
    save_learn_page(path)
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    gaps = []
    for objective in OBJECTIVES:
        try:
            gaps.append(gap_of_own_examples(driver, path, "skipgram", objective, 12))
        except ValueError:  # another number of targets
            gaps.append(np.inf)
    assert max(gaps) > 1e-6


# ---- the compiled kernels ----------------------------------------------------------


class RecordingReference(Word2VecReference):
    """The reference of fast mode, which lists its updates with their draws."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.examples = []

    def cbow(self, contexts, word, take_loss):
        self.window_words = contexts
        super().cbow(contexts, word, take_loss)

    def update(self, inputs, input_rows, matrix, rows, labels):
        listed = input_rows if self.p.sg else self.window_words
        outputs = {"word": int(max(rows)), "rows": [int(row) for row in rows]}
        outputs["labels"] = [int(label) for label in labels]
        self.examples.append(
            {
                "inputs": [int(row) for row in listed],
                "targets": [outputs],
                "eta": self.alpha,
            }
        )
        return super().update(inputs, input_rows, matrix, rows, labels)


KERNEL_OBJECTIVES = {
    "softmax": {"objective": "softmax"},
    "hs": {"hs": 1, "negative": 0},
    "ns": {"negative": 4},
}


def test_a_block_of_several_inputs_is_a_sequence_of_updates_of_the_page(page):
    # The kernels follow the order of word2vec.c up to one Jacobi step.  Updates that
    # all start from the old values differ ten times as much.
    start, _ = a_training("cbow", "ns", 0)
    outputs = outputs_of(np.random.default_rng(4), "ns", 3)
    inputs, eta = [1, 5, 2, 8], 0.1
    examples = [{"inputs": [i], "targets": [outputs], "eta": eta} for i in inputs]
    found = page_training(page, start, examples, "ns")
    syn0, syn1 = (np.array(start[name]) for name in ("inputVectors", "outputVectors"))
    block_update(syn0, inputs, syn1, outputs["rows"], outputs["labels"], eta)
    for name, rows in (("inputVectors", syn0), ("outputVectors", syn1)):
        moved = np.abs(rows - start[name]).max()
        assert np.abs(np.subtract(found[name], rows)).max() < 0.004 * moved


def kernel_training(params, ids):
    counts = np.maximum(np.bincount(ids, minlength=N_WORDS), 1).astype(np.int64)
    counts[1:] = np.sort(counts[1:])[::-1]
    weights = new_weights(N_WORDS, params)
    tree = huffman.build_tree(counts)
    noise = sampling.noise_sampler(counts, params.ns_exponent)
    reference = RecordingReference(
        weights.syn0.vectors, counts, params, tree, noise.entries
    )
    tables = Tables(
        sampling.keep_thresholds(counts, params.sample),
        noise if params.negative else None,
        tree if params.hs else None,
        None,
    )
    start = weights.syn0.vectors.astype(np.float64).tolist()
    given = RunInput(weights, ids, tables, params, int(counts.sum()))
    Trainer(given).run_epoch(0)
    reference.train(ids, _core.span_starts(ids, 2000, params.max_sentence_length), 1)
    return start, weights, reference.examples


@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("objective", KERNEL_OBJECTIVES)
def test_updates_follow_the_kernels(objective, sg, page):
    # One pair an update in skip-gram: a block of several inputs is equal up to a Jacobi
    # step only, which the test above measures.
    params = TrainParams(
        sg=sg,
        vector_size=8,
        window=2,
        sample=0,
        alpha=0.1,
        workers=1,
        negative_sharing="pair",
        cbow_gradient="mean",
        **KERNEL_OBJECTIVES[objective],
    )
    ids = np.random.default_rng(3).integers(1, N_WORDS, 260).astype(np.int32)
    ids[::9] = ids[-1] = 0
    start, weights, examples = kernel_training(params, ids)
    assert len(examples) >= 200
    zeros = np.zeros((N_WORDS, 8)).tolist()
    found = page_training(
        page, {"inputVectors": start, "outputVectors": zeros}, examples, objective
    )
    trained = weights.syn1 if params.hs else weights.syn1neg
    expected = {
        "inputVectors": weights.syn0.vectors,
        "outputVectors": trained.vectors,
    }
    assert_same(found, expected, atol=1e-5)
    assert np.abs(trained.vectors).max() > 0.01
