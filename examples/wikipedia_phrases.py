"""Phrases and analogies: join words that belong together, and evaluate the vectors.

`Phrases` counts which words follow each other more often than expected by chance and
joins them, ``new york`` to ``new_york``, which then has a vector of its own.  Analogy
questions, "a is to b as c is to ?", evaluate vectors trained with and without phrases.

Run
---
::

    python examples/wikipedia_phrases.py --small
    python examples/wikipedia_phrases.py --corpus TEXT --questions questions-words.txt

The full form needs an English text, one paragraph per line, in lower case and without
punctuation; analogies need at least 100 MB.  Use a dump of Wikipedia from
dumps.wikimedia.org: extract the text with a program such as WikiExtractor, lower-case
it, and replace every run of characters other than letters and line ends by a space.  Or
use the file text8 of mattmahoney.net/dc.  questions-words.txt comes with the C program
word2vec.

``--small`` uses the poems of the Tang dynasty that come with the package, with
characters as words, and 630 questions about opposites and directions, made from the
pairs in this file.

Results
-------
With Wikipedia, phrases are names such as ``new_york``, after a second pass
``new_york_city``, and many word pairs that are merely frequent, such as ``has_been``.
With the poems, they are words of two characters that hardly occur alone: 琵_琶 (pipa),
鴛_鴦 (mandarin ducks).

With the poems, half of the questions about directions are answered correctly, and one
in forty of those about other opposites; a random guess is correct once in 3,500 times.
Phrases reduce the scores, because joined characters do not contribute to the training
of the single ones.  The same is true for 100 MB of Wikipedia: 39 of 100 questions are
answered correctly without phrases (67 of 100 are within the vocabulary), and 33 with
phrases (62).  The purpose of phrases is to have vectors for them, not to improve those
of words.

Source
------
Mikolov et al. 2013, "Distributed representations of words and phrases and their
compositionality": the score of phrases, section 4.  Mikolov et al. 2013, "Efficient
estimation of word representations in vector space": analogies.
"""

import argparse
import io
import itertools
import sys
from pathlib import Path

import w2vfast
from w2vfast import ENGLISH_CONNECTOR_WORDS, LineSentence, Phrases, Word2Vec
from w2vfast.vectors.evaluation import word_analogies

POEMS = Path(w2vfast.__file__).parent / "data" / "tang.txt.xz"
# Sections of pairs with the same relation; two pairs of a section make a question.
TANG_PAIRS = {
    "directions and sides": "東西 南北 上下 左右 前後 內外",
    "opposites": "古今 朝暮 晝夜 來去 生死 高低 長短 老少 貴賤 貧富 寒暖 新舊 多少 "
    "黑白 遠近 開閉 榮枯 盛衰 離合 悲歡 憂喜 清濁 輕重 深淺 明暗",
}
RESTRICT_VOCAB = 30_000  # most frequent words, the usual value for compute-accuracy


def tang_questions():
    """Return questions of four characters, as a file in the format of the C program."""
    lines = []
    for section, pairs in TANG_PAIRS.items():
        lines.append(f": {section}")
        for first, second in itertools.permutations(pairs.split(), 2):
            lines.append(" ".join(first + second))
    return io.StringIO("\n".join(lines))


def learn_phrases(sentences, *, passes, **rule):
    """Return the sentences with phrases joined; further passes join longer phrases."""
    for number in range(1, passes + 1):
        phrases = Phrases(sentences, **rule)
        found = phrases.export_phrases()
        ranked = sorted(found, key=found.get, reverse=True)
        print(f"pass {number}: {len(found):,} phrases, best first")
        print(f"  {'  '.join(ranked[:12])}")
        common = sorted(found, key=lambda phrase: -phrases.vocab[phrase])
        print(f"  most frequent: {'  '.join(common[:8])}")
        sentences = phrases[sentences]
    return sentences


def answer(vectors, questions, name):
    """Print how many questions are in the vocabulary, and how many were answered."""
    found = word_analogies(
        vectors.index_to_key, vectors.vectors, questions, RESTRICT_VOCAB
    )
    print(
        f"{name:<16} {len(vectors):>8,} words; {found.seen:,} of "
        f"{found.questions:,} questions ({found.coverage:.0%}), "
        f"{found.total.correct:,} correct "
        f"({found.total.accuracy:.1%})"
    )
    for section in found.sections:
        if section.score.asked:
            print(f"    {section.score.accuracy:6.1%} {section.name}")
    return found


def texts_and_settings(options):
    """Return the text without and with phrases joined, and the training parameters."""
    if options.small:
        plain = LineSentence(POEMS)
        rule = {"threshold": options.threshold, "min_count": 10}
        settings = {"vector_size": 100, "window": 10, "min_count": 10, "epochs": 15}
        return plain, learn_phrases(plain, passes=1, **rule), settings
    plain = LineSentence(options.corpus)
    rule = {"threshold": options.threshold, "min_count": 5}
    rule["connector_words"] = ENGLISH_CONNECTOR_WORDS
    settings = {"vector_size": 200, "window": 5, "min_count": 5, "epochs": 5}
    return plain, learn_phrases(plain, passes=options.passes, **rule), settings


def main(arguments=None):
    """Train without and with phrases, and evaluate both models; return them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="use the Tang poems")
    parser.add_argument("--corpus", help="text, one paragraph per line")
    parser.add_argument("--questions", help="analogies in the format of the C program")
    parser.add_argument(
        "--passes", type=int, default=2, help="passes that join phrases (2)"
    )
    parser.add_argument(
        "--threshold", type=float, default=50, help="least score of a phrase (50)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, help="threads; default: all CPUs")
    options = parser.parse_args(arguments)
    if not options.small and not (options.corpus and options.questions):
        parser.error("give --small, or --corpus and --questions")

    plain, joined, settings = texts_and_settings(options)
    settings |= {"sg": 1, "seed": options.seed, "workers": options.workers}
    models = {}
    print()
    for name, sentences in {"without phrases": plain, "with phrases": joined}.items():
        models[name] = Word2Vec(sentences, **settings)
        questions = tang_questions() if options.small else options.questions
        answer(models[name].wv, questions, name)
    vectors = models["with phrases"].wv
    shown = [word for word in vectors.index_to_key if "_" in word][:12]
    print("\nthe most frequent phrases and their nearest words")
    for phrase, near in zip(shown, vectors.most_similar_batch(shown, 5), strict=True):
        print(f"  {phrase}:  {'  '.join(word for word, _ in near)}")
    return models


if __name__ == "__main__":
    # Some terminals cannot encode Chinese characters.
    sys.stdout.reconfigure(errors="backslashreplace")
    main()
