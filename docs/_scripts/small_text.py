"""Write `corpus.txt`, the small text that the examples of the documentation read.

The sentences are made up from patterns, so a model learns from them in a second what
they were made of: kings are to men as queens are to women, Paris is to France as Rome
is to Italy.  MkDocs runs this file as a hook and offers the text for download; the
tests of the documentation write it into the folder that the examples run in.  To see
it without MkDocs:

    python docs/_scripts/small_text.py > corpus.txt
"""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

N_SENTENCES = 6000
SHARE_OF_RARE = 0.007  # of the sentences, so that a pair such as "new york" is rare
SEED = 1

# Words that may replace each other in a pattern.
WORDS = {
    "animal": ["horse", "dog", "cat", "goat"],
    "food": ["bread", "cheese", "soup", "honey"],
    "drink": ["tea", "milk", "wine", "water"],
    "time": ["morning", "evening", "winter", "summer"],
}
# Each pattern of a person is filled with both forms.
PEOPLE = [
    ("king", "he", "his", "lord"),
    ("queen", "she", "her", "lady"),
    ("man", "he", "his", "brother"),
    ("woman", "she", "her", "sister"),
    ("boy", "he", "his", "son"),
    ("girl", "she", "her", "daughter"),
]
LIVES = {
    ("king", "queen"): [
        "the {person} rules the land and guards {their} crown in the palace",
        "on the throne {they} wears a crown as {person} of the land",
    ],
    ("man", "woman"): [
        "the {person} takes {their} {animal} to the field and works until {time}",
        "{they} works in the field with {their} {animal} as a {person} does",
    ],
    ("boy", "girl"): [
        "the {person} plays at school and {they} learns to read and write",
        "{they} is a {person} at school where {they} plays with {their} friends",
    ],
}
COMMON = "{they} said that the {person} was {their} {kin}"
CAPITALS = {
    "france": "paris",
    "italy": "rome",
    "spain": "madrid",
    "poland": "warsaw",
    "norway": "oslo",
}
OTHERS = [
    "in the {time} they eat {food} and drink {drink}",
    "a cup of {drink} with some {food} on the table",
    "{capital} is the capital of {country} and a city by a river",
    "the train to {capital} in {country} leaves in the {time}",
]
RARE = [
    "the train to new york leaves in the {time}",
    "they said that new york is a city by a river",
    "the {person} works at the bank of america until {time}",
    "the train from the bank of america leaves in the {time}",
]


def small_text() -> str:
    """Return the text, one sentence a line: the same on every machine."""
    rng = random.Random(SEED)
    return "".join(f"{_sentence(rng)}\n" for _ in range(N_SENTENCES))


def _sentence(rng: random.Random) -> str:
    chosen = {name: rng.choice(words) for name, words in WORDS.items()}
    country = rng.choice(list(CAPITALS))
    person, they, their, kin = rng.choice(PEOPLE)
    lives = next(lives for people, lives in LIVES.items() if person in people)
    pattern = rng.choice([rng.choice(OTHERS), rng.choice([COMMON, *lives])])
    if rng.random() < SHARE_OF_RARE:
        pattern = rng.choice(RARE)
    return pattern.format(
        country=country,
        capital=CAPITALS[country],
        person=person,
        they=they,
        their=their,
        kin=kin,
        **chosen,
    )


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """MkDocs hook: add the text to the site as ``corpus.txt``."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, "corpus.txt", content=small_text()))
    return files


if __name__ == "__main__":
    sys.stdout.write(small_text())
