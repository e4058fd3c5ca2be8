"""Continuing a training: saved, loaded, and trained on poems that came later.

A saved model holds all that its training had learnt, so a loaded one goes on from
there: on the same text or on another, for as many epochs as one likes.  The learning
rate falls once over each call of `train`; a second call starts anew from the model's
``alpha`` unless ``start_alpha=`` says otherwise.  Words outside the vocabulary are
passed over, unless `build_vocab` takes them in first (``update=True``).  A new model
may begin with the vectors of another one, or of a file (``init_vectors=``).

Run
---
::

    python examples/continue_training.py --small
    python examples/continue_training.py

``--small`` takes a part of the Tang poems that come with the package, the full form all
of them.  The model is saved in the folder ``poems.model``.

What one should see
-------------------
A model of the earlier poems does better on poems that it never saw once it has been
trained on the later ones, too.  If it starts again from the full learning rate, it
forgets part of what it knew, and in the full form ends where the later poems alone
would have taken it (.659 and .658); from half the rate it keeps more (.664).  All poems
in one training are best (.668): who has the old text at hand trains anew.

Characters that come in as new add little (.665): they are rare.  A new model of the
later poems that begins with the vectors of the earlier ones is as good as the old model
that goes on (.664), and may have another window or objective.

Loading changes nothing: with one worker, the loaded model and the one that was never
saved go on with the same bytes.

Source
------
The measure is that of ``choose_settings.py``: how often a verse is nearer to its own
second verse than to another one; chance is .5.
"""

import argparse

from choose_settings import N_HELD_OUT, read_couplets, share_recognised

from w2vfast import KeyedVectors, Word2Vec

FOLDER = "poems.model"
HALF_RATE = 0.0125  # of skip-gram's default


def verses_of(couplets):
    """Return the verses of couplets as sentences."""
    return [verse for couplet in couplets for verse in couplet]


def loading_changes_nothing(verses, settings):
    """Tell whether a loaded model goes on as the one that was saved, to the byte.

    One worker: the order in which several write to the same vectors is up to chance.
    """
    model = Word2Vec(verses, **settings | {"workers": 1, "epochs": 1})
    model.save(FOLDER)
    loaded = Word2Vec.load(FOLDER)
    for each in (model, loaded):
        each.train(verses, epochs=1, progress=False)
    return model.wv.vectors.tobytes() == loaded.wv.vectors.tobytes()


def main(arguments=None):
    """Train, save, load, go on; print and return how good each model is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few poems")
    parser.add_argument("--epochs", type=int, default=10, help="of each training")
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
    print(f"a loaded model goes on with the same bytes: {'yes' if same else 'NO'}")
    print("share recognised of verses that were not trained on")
    model = Word2Vec(earlier, **settings)
    model.save(FOLDER)
    report("earlier poems", model)
    for name, rate in {"the whole": None, "half the": HALF_RATE}.items():
        model = Word2Vec.load(FOLDER)
        model.train(later, start_alpha=rate, progress=False)
        report(f"then the later ones from {name} learning rate", model)
    grown = Word2Vec.load(FOLDER)
    grown.build_vocab(later, update=True, progress=False)
    grown.train(start_alpha=HALF_RATE, progress=False)  # on the text of build_vocab
    report("the same with the characters that are new", grown)
    begun = Word2Vec(later, init_vectors=KeyedVectors.load(FOLDER), **settings)
    report("later poems, begun with the earlier vectors", begun)
    report("later poems alone", Word2Vec(later, **settings))
    report("all of them in one training", Word2Vec(earlier + later, **settings))
    unknown = model.history[-1].unknown
    print(f"passed over, not in the vocabulary: {unknown:,} characters")
    print(f"came in as new: {len(grown.wv) - len(model.wv):,} different characters")
    print(begun.init_coverage)
    print(f"epochs in the history of the model: {len(model.history)}")
    return recognised


if __name__ == "__main__":
    main()
