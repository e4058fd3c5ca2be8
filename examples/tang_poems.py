"""Characters as words: neighbours and a map from the poems of the Tang dynasty.

Classical Chinese is written without spaces, and most of its words are one character
long, so the characters are the words: one verse is one sentence, and a context is
what stands in the same verse.  Text that is not cut yet needs no tool for it, only
``[list(verse) for verse in verses]``.

Run
---
::

    python examples/tang_poems.py --small
    python examples/tang_poems.py
    python examples/tang_poems.py --corpus poems.txt.xz --method tsne

``--small`` makes few passes and draws few characters.  The full form makes more passes
over the same poems, which come with the package, or over a file of your own, one verse
a line, with spaces between the characters.  The map is written to ``map.html``, which
any browser opens, and to ``map.png`` if matplotlib is there (``w2vfast[plot]``).
``--method tsne`` needs scikit-learn, ``umap`` umap-learn.

What one should see
-------------------
Neighbours that a reader of these poems would expect: numbers near a number, boats near
舟 (boat), water-fowl near 鷗 (gull), and near 琵 its other half 琶: the two characters
of one word (pipa, a lute), which hardly occur apart.

The map of the full form falls into two halves, one above the other.  No topic parts 三
and 千 (three, a thousand) from the other numbers, or 雲 (cloud) from 月 (moon), but the
tone in which they were spoken does: level in one half, oblique in the other.  The rules
of regulated verse let the two alternate, so each has neighbours of its own; the poems
hold their prosody, and the vectors found it.  Topics are what t-SNE shows: there
numbers, drinks, waters, kin and the points of the compass each have a place.

Source
------
Skip-gram with negative sampling: Mikolov et al. 2013, "Distributed representations of
words and phrases and their compositionality".
"""

import argparse
import sys
from pathlib import Path

import w2vfast
from w2vfast import Word2Vec, plot_words, save_map_page

POEMS = Path(w2vfast.__file__).parent / "data" / "tang.txt.xz"
# The first two are halves of words that have two characters.
QUERIES = {
    "琵": "pipa, first half",
    "鴛": "mandarin duck, first half",
    "三": "three",
    "春": "spring",
    "舟": "boat",
    "鷗": "gull",
    "酒": "wine",
    "愁": "sorrow",
    "僧": "monk",
}


def train(corpus_file, *, epochs, seed=1, workers=None):
    """Train skip-gram on verses; rare characters have neighbours by chance."""
    return Word2Vec(
        corpus_file=corpus_file,
        sg=1,
        vector_size=100,
        window=5,
        min_count=20,
        epochs=epochs,
        seed=seed,
        workers=workers,
    )


def show_neighbours(vectors, topn=6):
    """Print the nearest characters of `QUERIES`, with their cosines."""
    print(f"{len(vectors):,} characters. The nearest by cosine:\n")
    for query, meaning in QUERIES.items():
        if query in vectors:
            near = vectors.most_similar(query, topn=topn)
            shown = "  ".join(f"{character} {cosine:.2f}" for character, cosine in near)
            print(f"  {query} {meaning:<26} {shown}")


def draw_maps(vectors, *, top, method):
    """Write the `top` most frequent characters as a page and, if possible, a picture.

    The picture needs matplotlib, ``pip install "w2vfast[plot]"``, and a font that has
    Chinese characters; a warning names a package that brings one.
    """
    title = "Characters of Tang poems"
    n_shown = save_map_page("map.html", vectors, top=top, method=method, title=title)
    print(f"\nmap.html: {n_shown} characters")
    try:
        figure = plot_words(vectors, top=top, method=method, title=title)
    except ImportError as error:
        print(f"no map.png: {error}")
    else:
        figure.savefig("map.png")
        print("map.png: the same as a picture")


def main(arguments=None):
    """Train, print neighbours, draw the maps; return the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a few seconds")
    parser.add_argument("--corpus", help="one verse a line, characters between spaces")
    parser.add_argument("--method", default="pca", choices=["pca", "tsne", "umap"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, help="threads; default: all CPUs")
    options = parser.parse_args(arguments)

    model = train(
        options.corpus or POEMS,
        epochs=5 if options.small else 30,
        seed=options.seed,
        workers=options.workers,
    )
    show_neighbours(model.wv)
    draw_maps(model.wv, top=150 if options.small else 600, method=options.method)
    return model


if __name__ == "__main__":
    # Not every terminal knows Chinese characters.
    sys.stdout.reconfigure(errors="backslashreplace")
    main()
