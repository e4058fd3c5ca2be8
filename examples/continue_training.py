"""Continue training: save a model, load it, and train it on more text.

A saved model contains its full training state, so a loaded model can be trained
further, on the same text or on another, for any number of epochs.  The learning rate
decreases once over each call of `train`; the next call starts again at the model's
``alpha``, unless ``start_alpha=`` is given.  Words that are out of vocabulary are
skipped, unless `build_vocab` adds them first (``update=True``).  A new model can start
from the vectors of another model or of a file (``init_vectors=``).

Run
---
::

    python examples/continue_training.py --small
    python examples/continue_training.py

``--small`` uses a part of the Tang poems that come with the package, the full form all
of them.  The model is saved in the folder ``poems.model``.

Results
-------
The scores are for poems that no model was trained on, in the full form.

- A model of the earlier poems improves when it is trained on the later poems, too.
- If it starts again at the full learning rate, it forgets part of what it has learnt
  and is no better than a model of only the later poems (0.659 and 0.658).
- It forgets less at half the learning rate (0.664).
- Training on all poems at once is best (0.668).  If the old text is available, train
  anew.
- Adding new characters to the vocabulary helps little (0.665), because they are rare.
- A new model of the later poems that starts from the vectors of the earlier ones is as
  good as the old model trained further (0.664), and may have another window or
  objective.
- Loading changes nothing: with one worker, a loaded model and a model that was never
  saved give identical bytes.

Source
------
The measure is that of ``choose_settings.py``: how often the first verse of a couplet is
nearer to its own second verse than to another one; 0.5 is expected by chance.
"""

import argparse

from choose_settings import N_HELD_OUT, read_couplets, share_recognised

from w2vfast import KeyedVectors, Word2Vec

FOLDER = "poems.model"
HALF_RATE = 0.0125  # half the default of skip-gram


def verses_of(couplets):
    """Return the verses of couplets as a list of sentences."""
    return [verse for couplet in couplets for verse in couplet]


def loading_changes_nothing(verses, settings):
    """Return whether a loaded model trains to the same bytes as the saved one.

    With one worker, because the order of the updates by several workers varies.
    """
    model = Word2Vec(verses, **settings | {"workers": 1, "epochs": 1})
    model.save(FOLDER)
    loaded = Word2Vec.load(FOLDER)
    for each in (model, loaded):
        each.train(verses, epochs=1, progress=False)
    return model.wv.vectors.tobytes() == loaded.wv.vectors.tobytes()


def main(arguments=None):
    """Train, save, load and continue; print and return the score of each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="use a part of the poems")
    parser.add_argument("--epochs", type=int, default=10, help="epochs per training")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, help="threads; default: all CPUs")
    options = parser.parse_args(arguments)

    couplets = read_couplets(40_000 if options.small else None)
    held_out, couplets = couplets[-N_HELD_OUT:], couplets[:-N_HELD_OUT]
    half = len(couplets) // 2
    earlier, later = verses_of(couplets[:half]), verses_of(couplets[half:])
    settings = {"sg": 1, "epochs": options.epochs, "seed": options.seed}
    settings |= {"workers": options.workers, "progress": False}
    recognised = {}

    def report(name, model):
        recognised[name] = share_recognised(model.wv, held_out)
        print(f"  {name:<48} {recognised[name]:.3f}")

    same = loading_changes_nothing(earlier[:2000], settings)
    print(f"identical bytes after loading: {'yes' if same else 'NO'}")
    print("share of second verses recognised in held-out couplets")
    model = Word2Vec(earlier, **settings)
    model.save(FOLDER)
    report("earlier poems", model)
    for name, rate in {"full": None, "half the": HALF_RATE}.items():
        model = Word2Vec.load(FOLDER)
        model.train(later, start_alpha=rate, progress=False)
        report(f"then the later poems, {name} learning rate", model)
    grown = Word2Vec.load(FOLDER)
    grown.build_vocab(later, update=True, progress=False)
    grown.train(start_alpha=HALF_RATE, progress=False)  # on the text of build_vocab
    report("the same, with new characters added", grown)
    begun = Word2Vec(later, init_vectors=KeyedVectors.load(FOLDER), **settings)
    report("later poems, initialised with earlier vectors", begun)
    report("only the later poems", Word2Vec(later, **settings))
    report("all poems at once", Word2Vec(earlier + later, **settings))
    unknown = model.history[-1].unknown
    print(f"out of vocabulary: {unknown:,} characters")
    print(f"added to the vocabulary: {len(grown.wv) - len(model.wv):,} characters")
    print(begun.init_coverage)
    print(f"epochs in the history of the model: {len(model.history)}")
    return recognised


if __name__ == "__main__":
    main()
