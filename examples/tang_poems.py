"""Characters as words: neighbours and a map, from the poems of the Tang dynasty.

Classical Chinese is written without spaces, and most of its words are one character
long.  So each character is a word, each verse is a sentence, and the context of a
character is the rest of its verse.  Splitting text into characters needs no tool:
``[list(verse) for verse in verses]``.

Run
---
::

    python examples/tang_poems.py --small
    python examples/tang_poems.py
    python examples/tang_poems.py --corpus poems.txt.xz --method tsne

``--small`` trains for few epochs and plots few characters.  Without it, training takes
more epochs.  The text is the collection of poems that comes with the package, or a file
of your own: one verse per line, with spaces between the characters.  The interactive
map is written to ``map.html``, which any browser opens, and a static one to ``map.png``
if matplotlib is installed (``w2vfast[plot]``).  ``--method tsne`` needs scikit-learn,
``--method umap`` needs umap-learn.

Results
-------
The neighbours are plausible to a reader of these poems: numbers near a number, boats
near 舟 (boat), waterfowl near 鷗 (gull).  The nearest neighbour of 琵 is 琶: together
they write one word, pipa, a lute, and hardly occur apart.

The map of the full form has two halves, one above the other.  They do not differ in
topic: 三 (three) and 千 (thousand) are apart from the other numbers, and 雲 (cloud) is
apart from 月 (moon).  They differ in the tone of the characters: level in one half,
oblique in the other.  The rules of regulated verse make the two tones alternate, so
that characters of each tone have different neighbours.  Topics are visible with t-SNE,
where numbers, drinks, waters, kin and the points of the compass form groups.

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
# The first two are halves of words of two characters.
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
    """Train skip-gram on verses, without rare characters, whose vectors are noisy."""
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
    """Write an interactive and a static map of the `top` most frequent characters.

    The static map needs matplotlib, ``pip install "w2vfast[plot]"``, and a font that
    covers Chinese characters; a warning says if there is none.
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
        print("map.png: the same map as an image")


def main(arguments=None):
    """Train, print neighbours and write the maps; return the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="run for a few seconds")
    parser.add_argument(
        "--corpus", help="one verse per line, characters separated by spaces"
    )
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
    # Some terminals cannot encode Chinese characters.
    sys.stdout.reconfigure(errors="backslashreplace")
    main()
