"""Replace provisional ids by rows of the vocabulary, in place, on several threads."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.system.threads import Crew
from w2vfast.text.idstore import BlockTable, Ids


def renumber(
    ids: Ids, blocks: BlockTable, row_maps: dict[int, Ids], crew: Crew, exact: bool
) -> tuple[int, NDArray[np.int64]]:
    """Replace provisional ids by rows and drop those without a row.

    Parameters
    ----------
    ids : ndarray of int32, shape (N,)
        INOUT.  Provisional ids, block after block.
    blocks : ndarray of int64, shape (n_blocks, 3)
        From `IdStore.block_table`.
    row_maps : dict of int to ndarray of int32
        For each worker, the row of each of its ids; `_text.UNKNOWN` drops the id.
    crew : Crew
        The threads; each renumbers a run of adjacent blocks.
    exact : bool
        Keep empty sentences.

    Returns
    -------
    n_sentences : int
    ends : ndarray of int64, shape (n_blocks,)
        Where the rows of each block end; all rows are ids[:ends[-1]].
    """
    n_runs = min(crew.size, len(blocks))
    stops = np.cumsum(blocks[:, 0])
    cuts = np.searchsorted(stops, np.linspace(0, stops[-1], n_runs + 1)[1:-1])
    bounds = [0, *cuts.tolist(), len(blocks)]
    runs: list[_text.Renumbering | None] = [None] * n_runs
    ends = np.zeros(len(blocks), dtype=np.int64)

    def work(worker: int) -> None:
        if worker >= n_runs:
            return
        first, last = bounds[worker], bounds[worker + 1]
        start = int(stops[first - 1]) if first else 0
        run = _text.Renumbering(ids, start, exact)
        for block in range(first, last):
            crew.poll()
            run.block(int(blocks[block, 0]), row_maps[int(blocks[block, 1])])
            ends[block] = run.stop
        runs[worker] = run

    crew.run(work)
    done = [run for run in runs if run is not None]
    return _close_gaps(ids, done, [ends[a:b] for a, b in pairwise(bounds)], exact), ends


def _close_gaps(
    ids: Ids,
    runs: list[_text.Renumbering],
    ends: list[NDArray[np.int64]],
    exact: bool,
) -> int:
    """Move the rows of all runs, and their ends, together; return the sentences.

    A run does not know what precedes it.  A sentence end at its start may therefore
    close an empty sentence, which fast mode drops here.
    """
    stop = n_sentences = 0
    last = _text.EOS
    for run, ends_of_run in zip(runs, ends, strict=True):
        if run.read == run.start:
            ends_of_run[:] = stop
            continue
        start = run.start
        n_sentences += run.sentences
        if not exact:
            n_sentences -= run.first == _text.EOS and last == _text.EOS
            nothing_to_end = stop == 0 or ids[stop - 1] == _text.EOS
            starts_with_end = run.stop > start and ids[start] == _text.EOS
            start += starts_with_end and nothing_to_end
        _text.move_ids(ids, start, run.stop, stop)
        ends_of_run[:] = stop + np.maximum(ends_of_run - start, 0)
        stop += run.stop - start
        last = run.last
    return n_sentences
