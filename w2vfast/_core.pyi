"""Types of the compiled kernels; what they do is said in ``_core.pyx``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.training.huffman import HuffmanTree
from w2vfast.training.replicas import Copies
from w2vfast.training.sampling import AliasTable, StepTable

COMPILER: str
LANES: int
INSTRUCTION_SET: str

def instruction_sets() -> list[str]: ...
def choose_instruction_set(name: str | None = None) -> str: ...
def aligned_floats(size: int) -> NDArray[np.float32]: ...

class Model:
    def __init__(
        self,
        syn0: NDArray[np.float32],
        syn1: NDArray[np.float32] | None,
        syn1neg: NDArray[np.float32] | None,
        dim: int,
        keep: NDArray[np.uint32] | None = None,
        noise: AliasTable | StepTable | None = None,
        tree: HuffmanTree | None = None,
        frozen: NDArray[np.uint8] | None = None,
    ) -> None: ...

class Counters:
    @property
    def ids(self) -> int: ...
    @property
    def losses(self) -> tuple[int, float, float, float]: ...

class SpanQueue:
    def __init__(self, starts: NDArray[np.int64]) -> None: ...
    def stop(self) -> None: ...
    @property
    def is_stopped(self) -> bool: ...

class Lockstep:
    def __init__(self, n_workers: int) -> None: ...

class Worker:
    counters: Counters
    visits: NDArray[np.int64] | None
    def __init__(
        self,
        model: Model,
        settings: dict[str, Any],
        seed: int,
        *,
        count_visits: bool = False,
        copies: Copies | None = None,
        lockstep: Lockstep | None = None,
    ) -> None: ...
    def train_epoch(
        self,
        ids: NDArray[np.int32],
        queue: SpanQueue,
        stream: int,
        epoch: tuple[int, int],
        decay: tuple[float, float, float],
    ) -> None: ...

class ExactWorker:
    counters: Counters
    def __init__(
        self,
        model: Model,
        settings: dict[str, Any],
        alpha: float,
        epochs: int,
        train_words: int,
    ) -> None: ...
    @property
    def alpha(self) -> float: ...
    def train_epoch(self, ids: NDArray[np.int32], queue: SpanQueue) -> None: ...

def span_starts(
    ids: NDArray[np.int32], span_length: int, max_sentence_length: int
) -> NDArray[np.int64]: ...
def init_vectors(syn0: NDArray[np.float32], dim: int, seed: int) -> None: ...
def init_vectors_exact(syn0: NDArray[np.float32], dim: int) -> None: ...
def pack_rows(matrix: NDArray[np.float32], dim: int) -> None: ...
def pad_rows(matrix: NDArray[np.float32], dim: int) -> None: ...
def kmeans_centroids(
    vectors: NDArray[np.float32],
    classes: NDArray[np.int32],
    centroids: NDArray[np.float32],
) -> None: ...
def kmeans_assign(
    vectors: NDArray[np.float32],
    centroids: NDArray[np.float32],
    classes: NDArray[np.int32],
) -> None: ...
def _test_block(
    inputs: NDArray[np.float32],
    sinks: NDArray[np.float32],
    outputs: NDArray[np.float32],
    input_rows: NDArray[np.int32],
    output_rows: NDArray[np.int32],
    labels: NDArray[np.float32],
    alpha: float,
    softmax: bool = False,
) -> tuple[NDArray[np.float32], float]: ...
def _test_random(seed: int, epoch: int, index: int, n: int) -> NDArray[np.uint32]: ...
def _test_aliases(noise: AliasTable, seed: int, n: int) -> NDArray[np.int64]: ...
def _test_steps(noise: StepTable, randoms: NDArray[np.uint32]) -> NDArray[np.int64]: ...
def _test_merges(
    meeting: NDArray[np.int64], period: int, ramp: int, n_words: int
) -> list[tuple[int, int]]: ...
