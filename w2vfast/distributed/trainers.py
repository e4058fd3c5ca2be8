"""Choose the trainer of a process: without ranks, of a rank, or of a rank's rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.distributed.limits import check_alike
from w2vfast.distributed.rank_checkpoints import RankPlan
from w2vfast.distributed.rank_parts import RankParts
from w2vfast.distributed.rank_rounds import RoundsTrainer, ids_of_all
from w2vfast.distributed.rank_trainer import RankTrainer
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
    """
    if ranks.size == 1 and not isinstance(plan, RankPlan):
        return Trainer(given)
    check_alike(ranks, given.params, vocab, given.weights, given.tables)
    if given.params.deterministic and parts is not None:
        ids = ids_of_all(ranks, RankParts(*parts.T), given.ids)
        return RoundsTrainer(ranks, given._replace(ids=ids, train_words=len(ids)))
    return RankTrainer(ranks, given, parts)
