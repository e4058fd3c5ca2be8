"""Files that the C program wrote, and what is compared with them."""

import hashlib

from helpers import GOLDEN


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def first_difference(got, expected):
    """Name the first byte that differs, for a failure that can be acted upon."""
    if len(got) != len(expected):
        return f"{len(got)} bytes instead of {len(expected)}"
    places = (i for i, (a, b) in enumerate(zip(got, expected, strict=True)) if a != b)
    place = next(places, None)
    return None if place is None else f"byte {place}: {got[place]} {expected[place]}"


def check_bytes(got, stored, digest):
    """Compare with the stored file where there is one, then with the digest."""
    if stored.exists():
        assert first_difference(got, stored.read_bytes()) is None
    assert sha256(got) == digest


def tools_digests():
    lines = (GOLDEN / "tools" / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in map(str.split, lines)}
