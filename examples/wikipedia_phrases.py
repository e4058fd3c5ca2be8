"""Phrases and analogies: words joined where they belong together, vectors put to test.

`Phrases` counts which words follow each other more often than chance has it and joins
them, ``new york`` to ``new_york``, which then has a vector of its own.  Analogy
questions, "a is to b as c is to ?", measure vectors trained with phrases and without.

Run
---
::

    python examples/wikipedia_phrases.py --small
    python examples/wikipedia_phrases.py --corpus TEXT --questions questions-words.txt

The full form wants a text of English, one paragraph a line, lower case and without
punctuation, at least 100 MB for analogies to be answered: a dump of Wikipedia from
dumps.wikimedia.org, made plain by a program such as WikiExtractor, lower-cased, and
every run of other characters than letters and line ends made one space; or the file
text8 of mattmahoney.net/dc.  questions-words.txt comes with the C program word2vec.

``--small`` takes the poems of the Tang dynasty that come with the package, characters
as words, and 630 questions of opposites and directions, made of the pairs below.

What one should see
-------------------
With Wikipedia, names such as ``new_york``, in a second pass ``new_york_city``, and many
that are only frequent together, ``has_been``.  With the poems, words that are written
with two characters whose halves hardly occur alone: 琵_琶 (pipa), 鴛_鴦 (mandarin
ducks).

With the poems half of the questions about directions are answered and one in forty of
the other opposites; a guess is right once in 3,500 times.  Phrases cost some of it:
where two characters are joined, neither learns from that place.  So they do in 100 MB
of Wikipedia: 39 of 100 questions are right without phrases (67 of 100 could be asked)
and 33 with them (62).  They are joined for vectors of phrases, not to make those of
words better.

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
# Pairs of one relation each; two of a section make a question.
TANG_PAIRS = {
    "directions and sides": "東西 南北 上下 左右 前後 內外",
    "opposites": "古今 朝暮 晝夜 來去 生死 高低 長短 老少 貴賤 貧富 寒暖 新舊 多少 "
    "黑白 遠近 開閉 榮枯 盛衰 離合 悲歡 憂喜 清濁 輕重 深淺 明暗",
}
RESTRICT_VOCAB = 30_000  # the most frequent words, as compute-accuracy is mostly run


def tang_questions():
    """Return questions of four characters, as a file in the C program's form."""
    lines = []
    for section, pairs in TANG_PAIRS.items():
        lines.append(f": {section}")
        for first, second in itertools.permutations(pairs.split(), 2):
            lines.append(" ".join(first + second))
    return io.StringIO("\n".join(lines))


def learn_phrases(sentences, *, passes, **rule):
    """Return the sentences with phrases joined; a second pass joins longer ones."""
    for number in range(1, passes + 1):
        phrases = Phrases(sentences, **rule)
        found = phrases.export_phrases()
        ranked = sorted(found, key=found.get, reverse=True)
        print(f"pass {number}: {len(found):,} phrases, the surest first")
        print(f"  {'  '.join(ranked[:12])}")
        common = sorted(found, key=lambda phrase: -phrases.vocab[phrase])
        print(f"  and the most frequent: {'  '.join(common[:8])}")
        sentences = phrases[sentences]
    return sentences


def answer(vectors, questions, name):
    """Print how many questions could be asked, and how many were answered rightly."""
    found = word_analogies(
        vectors.index_to_key, vectors.vectors, questions, RESTRICT_VOCAB
    )
    print(
        f"{name:<16} {len(vectors):>8,} words; asked {found.seen:,} of "
        f"{found.questions:,} ({found.coverage:.0%}), right {found.total.correct:,} "
        f"({found.total.accuracy:.1%})"
    )
    for section in found.sections:
        if section.score.asked:
            print(f"    {section.score.accuracy:6.1%} {section.name}")
    return found


def texts_and_settings(options):
    """Return the text as it is, with phrases joined, and how to train on it."""
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
    """Learn phrases, train with them and without, ask the questions; return both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="the Tang poems")
    parser.add_argument("--corpus", help="text, one paragraph a line")
    parser.add_argument("--questions", help="analogies in the C program's form")
    parser.add_argument("--passes", type=int, default=2, help="for phrases")
    parser.add_argument("--threshold", type=float, default=50, help="of their score")
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
    # Not every terminal knows Chinese characters.
    sys.stdout.reconfigure(errors="backslashreplace")
    main()
