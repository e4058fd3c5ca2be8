"""`w2vfast demo`: train on the Tang poems that come with the package."""

from __future__ import annotations

from importlib import resources
from typing import Any

from w2vfast.cli.flags import Parser
from w2vfast.model import Word2Vec

# Characters whose neighbours are printed, and their meanings.
QUERIES = {
    "月": "moon",
    "山": "mountain",
    "酒": "wine",
    "愁": "sorrow",
    "馬": "horse",
    "花": "flower",
    "舟": "boat",
    "雪": "snow",
    "僧": "monk",
    "君": "you",
}
N_NEIGHBOURS = 6

# Rare characters have random neighbours; twenty epochs take a few seconds.
SETTINGS: dict[str, Any] = {"sg": 1, "vector_size": 64, "min_count": 40, "epochs": 20}


def demo(arguments: list[str]) -> None:
    """Train, then print neighbours, sizes, speed and the next step.

    Results go to standard output, progress to standard error.
    """
    Parser("demo", description="Train on Tang poems.").parse_args(arguments)
    corpus = resources.files("w2vfast") / "data" / "tang.txt.xz"
    print("Training on poems of the Tang dynasty, one character a word.\n", flush=True)
    with resources.as_file(corpus) as path:
        model = Word2Vec(corpus_file=path, **SETTINGS)
    print(_summary(model), flush=True)
    print(_neighbours(model))
    print(
        "Train on a text of your own, one sentence a line, words between spaces:\n\n"
        "    w2vfast train -train corpus.txt -output vectors.txt\n"
    )


def _summary(model: Word2Vec) -> str:
    seconds = sum(epoch.seconds for epoch in model.history)
    tokens = sum(epoch.words for epoch in model.history)
    return (
        f"Text:       {model.corpus_total_words:,} characters in "
        f"{model.corpus_count:,} verses\n"
        f"Vocabulary: {len(model.wv):,} characters, seen at least "
        f"{SETTINGS['min_count']} times each\n"
        f"Training:   skip-gram, size {SETTINGS['vector_size']}, {SETTINGS['epochs']} "
        f"epochs in {seconds:.1f} s\n"
        f"Speed:      {tokens / seconds:,.0f} tokens/s with {model.params.n_workers} "
        f"threads\n"
    )


def _neighbours(model: Word2Vec) -> str:
    lines = ["Nearest characters by cosine:\n"]
    for query, meaning in QUERIES.items():
        near = model.wv.most_similar(query, topn=N_NEIGHBOURS)
        listed = "  ".join(f"{character} {cosine:.2f}" for character, cosine in near)
        lines.append(f"  {query} {meaning:<9} {listed}")
    return "\n".join([*lines, ""])
