"""Choose the trainer of a process: without ranks, of a rank, or of a rank's rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.checkpoint.identity import digest_of
from w2vfast.distributed.limits import check_alike
from w2vfast.distributed.rank_checkpoints import RankPlan
from w2vfast.distributed.rank_parts import RankParts
from w2vfast.distributed.rank_rounds import RoundsTrainer, ids_of_all
from w2vfast.distributed.rank_trainer import RankTrainer
from w2vfast.errors import warn
from w2vfast.training.trainer import Trainer

if TYPE_CHECKING:
    from w2vfast.checkpoint.plan import Plan
    from w2vfast.distributed.ranks import Ranks
    from w2vfast.text.vocab import Vocab
    from w2vfast.training.run_input import RunInput


def trainer_of(
    ranks: Ranks,
    plan: Plan | RankPlan,
    vocab: Vocab,
    given: RunInput,
    parts: NDArray[np.int64] | None,
) -> Trainer:
    """Return what trains the share of a process.

    Parameters
    ----------
    ranks : Ranks
    plan : Plan or RankPlan
        From `plan_of_ranks`.
    vocab : Vocab
    given : RunInput
        `ids` are of this rank.
    parts : ndarray of int64, shape (P, 2), or None
        As of `EncodedCorpus`.

    Returns
    -------
    Trainer

    Raises
    ------
    RankError
        If two ranks would train different models.

    Warns
    -----
    UserWarning
        If all ranks have given the same sentences.
    """
    if ranks.size == 1 and not isinstance(plan, RankPlan):
        return Trainer(given)
    check_alike(ranks, given.params, vocab, given.weights, given.tables)
    _warn_of_same_sentences(ranks, given.ids, parts)
    if given.params.deterministic and parts is not None:
        ids = ids_of_all(ranks, RankParts(*parts.T), given.ids)
        return RoundsTrainer(ranks, given._replace(ids=ids, train_words=len(ids)))
    return RankTrainer(ranks, given, parts)


def _warn_of_same_sentences(
    ranks: Ranks, ids: NDArray[np.int32], parts: NDArray[np.int64] | None
) -> None:
    # Sentences are one part, files mostly several.
    is_one = parts is None or len(parts) == 1
    found = ranks.gather(digest_of(ids).encode() if is_one and len(ids) else b"")
    if ranks.index == 0 and len(set(found)) == 1 < ranks.size and found[0]:
        warn(
            f"all {ranks.size} ranks have given the same {len(ids):,} tokens, so that "
            "each sentence is trained by all of them. Give each rank a part of its "
            "own, such as sentences[comm.rank :: comm.size]."
        )
