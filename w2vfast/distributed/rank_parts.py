"""Which parts of the text a rank has, and how far each of them is trained.

The parts are the same for any number of ranks; see `file_parts`.  So what they say of a
run holds for any number of ranks that go on with it.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.checkpoint.identity import digest_of
from w2vfast.distributed.ranks import Ranks


class RankParts(NamedTuple):
    """The parts of one rank, in the order of its ids.

    A part may be in several pieces, earlier ones before later ones.

    Attributes
    ----------
    places : ndarray of int64, shape (n,)
        Of each piece, the number of its part in the text.
    lengths : ndarray of int64, shape (n,)
        Of each piece [ids].
    """

    places: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def done(self, n_ids: int, n_places: int) -> NDArray[np.int64]:
        """Return how many ids of each part are among the first ones of this rank.

        Parameters
        ----------
        n_ids, n_places : int

        Returns
        -------
        ndarray of int64, shape (n_places,)
        """
        starts = np.cumsum(self.lengths) - self.lengths
        counts = np.zeros(n_places, dtype=np.int64)
        within = np.minimum(np.maximum(n_ids - starts, 0), self.lengths)
        np.add.at(counts, self.places, within)
        return counts

    def done_first(
        self, ids: NDArray[np.int32], done: NDArray[np.int64]
    ) -> tuple[RankParts, NDArray[np.int32], int]:
        """Return the parts, their ids and how many are done, with these in front.

        Parameters
        ----------
        ids : ndarray of int32, shape (N,)
        done : ndarray of int64, shape (n_places,)
            How many ids of each part are done: its first ones.

        Returns
        -------
        parts : RankParts
        ids : ndarray of int32, shape (N,)
        n_done : int
        """
        left, start = done.copy(), 0
        pieces: tuple[list[tuple[int, int, int]], ...] = ([], [])
        for place, length in zip(self.places, self.lengths, strict=True):
            taken = min(int(left[place]), int(length))
            left[place] -= taken
            pieces[0].append((place, start, taken))
            pieces[1].append((place, start + taken, length - taken))
            start += int(length)
        ordered = [piece for side in pieces for piece in side if piece[2]]
        places, _, lengths = np.array(ordered, dtype=np.int64).reshape(-1, 3).T
        moved = np.concatenate([ids[first : first + n] for _, first, n in ordered])
        n_done = sum(n for _, _, n in pieces[0])
        return RankParts(places, lengths), moved, int(n_done)


def part_lengths(ranks: Ranks, parts: RankParts) -> NDArray[np.int64]:
    """Return the length of each part of the text of all ranks [ids]."""
    own = np.stack([parts.places, parts.lengths]).astype(np.int64)
    found = np.frombuffer(b"".join(ranks.gather(own.T.tobytes())), np.int64)
    places, lengths = found.reshape(-1, 2).T
    all_lengths = np.zeros(int(places.max()) + 1, dtype=np.int64)
    all_lengths[places] = lengths
    return all_lengths


class WholeText(NamedTuple):
    """The text of all ranks.

    Attributes
    ----------
    lengths : ndarray of int64, shape (n_places,)
        Of each part [ids].
    digest : str
        Of the ids of all parts, in their order.
    """

    lengths: NDArray[np.int64]
    digest: str


def whole_text(ranks: Ranks, parts: RankParts, ids: NDArray[np.int32]) -> WholeText:
    """Return the text of all ranks, the same on each of them.

    Parameters
    ----------
    ranks : Ranks
    parts : RankParts
        Of this rank, each in one piece.
    ids : ndarray of int32, shape (N,)
        Of this rank.
    """
    ends = np.cumsum(parts.lengths)
    lines = (
        f"{place} {digest_of(ids[end - length : end])}"
        for place, length, end in zip(parts.places, parts.lengths, ends, strict=True)
    )
    lengths = part_lengths(ranks, parts)
    found = b"\n".join(ranks.gather("\n".join(lines).encode())).decode()
    by_place = {int(place): name for place, name in map(str.split, found.split("\n"))}
    names = "\n".join(
        f"{lengths[place]} {by_place[place]}" for place in sorted(by_place)
    )
    digest = hashlib.blake2b(names.encode(), digest_size=16)
    return WholeText(lengths, digest.hexdigest())
