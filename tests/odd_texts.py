"""Texts with unusual bytes, as Hypothesis strategies and from a random generator."""

from hypothesis import strategies as st

PIECES = [b" ", b"\n", b"\t", b"\r", b"\0", b"</s>", b"</s>x", b"a", b"b", b"\xff"]
PIECES += [
    b"\x0b",
    b"\x7f",
    b"\x80",
    b"\xc3\xa9",
    b"\xe6\x9c\x88",
    b"!",
    b"\x1f",
    b"  ",
]
PIECES += [b"x" * n for n in (7, 8, 9, 15, 16, 17, 24, 63, 64, 65, 97, 98, 99, 300)]
odd_bytes = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join),
    st.binary(max_size=300),
)

ODD_BYTES = [b"\0", b"\r", b"\t", b"  ", b"\xff\xfe", b"\xc3", b"\xe6\x9c\x88", b"</s>"]
ODD_BYTES += [b" </s> ", b"\n\n\n", b"\r\n", b"\x0b", b" \0z ", b"x" * 150, b"\xa0"]


def odd_text(rng):
    """Return words of unequal frequency in lines of all lengths, with unusual bytes."""
    words = [b"w%d" % i for i in range(rng.choice([2, 5, 30, 200]))]
    # C reads an uninitialised word if a text begins with white space.
    pieces = [b"start"]
    oddness = rng.choice([0, 0.01, 0.1])
    line_length = rng.choice([2, 12, 700, 10**9])
    for _ in range(rng.choice([300, 3000, 15_000])):
        word = words[min(int(rng.expovariate(3 / len(words))), len(words) - 1)]
        end = b"\n" if rng.random() < 1 / line_length else b" "
        pieces.append(rng.choice(ODD_BYTES) if rng.random() < oddness else word)
        pieces.append(end)
    return b" ".join([pieces[0], b"".join(pieces[1:])]) + rng.choice([b"", b"\n", b"z"])
