"""Types of the compiled training kernels; ``_core.pyx`` documents them."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

COMPILER: str
COMMIT: str
FLAGS: str
LANES: int
MAX_INPUTS: int
MAX_SHARING: int
AXES: int
BANDS: int
INSTRUCTION_SET: str

def instruction_sets() -> list[str]: ...
def choose_instruction_set(name: str | None = None) -> str: ...
def aligned_floats(size: int) -> NDArray[np.float32]: ...
def pack_rows(matrix: NDArray[np.float32], dim: int) -> None: ...
def pad_rows(matrix: NDArray[np.float32], dim: int) -> None: ...

class Noise: ...

class AliasNoise(Noise):
    def __init__(self, entries: NDArray[np.uint32]) -> None: ...

class StepNoise(Noise):
    def __init__(
        self, last: NDArray[np.uint32], guide: NDArray[np.int32], shift: int
    ) -> None: ...

class Paths:
    def __init__(
        self,
        offsets: NDArray[np.int64],
        points: NDArray[np.int32],
        codes: NDArray[np.uint8],
    ) -> None: ...

class Model:
    def __init__(
        self,
        syn0: NDArray[np.float32],
        syn1: NDArray[np.float32] | None,
        syn1neg: NDArray[np.float32] | None,
        dim: int,
        *,
        keep: NDArray[np.uint32] | None = None,
        noise: Noise | None = None,
        paths: Paths | None = None,
        frozen: NDArray[np.uint8] | None = None,
    ) -> None: ...

class Options:
    def __init__(
        self,
        *,
        sg: bool,
        hs: bool,
        softmax: bool,
        negative: int,
        window: int,
        reach_stride: int,
        shrink_windows: bool,
        cbow_mean: bool,
        pair: bool,
        pool_sets: int,
        divide_gradient: bool,
        all_losses: bool,
        max_sentence_length: int,
    ) -> None: ...

class AlphaSchedule:
    def __init__(
        self, start: float, end: float, floor: float, *, epoch: int, n_epochs: int
    ) -> None: ...

class Replicas:
    def __init__(
        self,
        inputs: NDArray[np.float32],
        outputs: NDArray[np.float32],
        nodes: NDArray[np.float32],
        *,
        first_period: int,
        period: int,
        transport: float,
    ) -> None: ...

class Counters:
    def restore(
        self, ids: int, predictions: int, hs: float, ns: float, softmax: float
    ) -> None: ...
    @property
    def ids(self) -> int: ...
    @property
    def predictions(self) -> int: ...
    @property
    def hs_loss(self) -> float: ...
    @property
    def ns_loss(self) -> float: ...
    @property
    def softmax_loss(self) -> float: ...

class SpanQueue:
    def __init__(self, starts: NDArray[np.int64], first: int = 0) -> None: ...
    def restrict(
        self, first: int, end: int, own_first: int = ..., own_end: int = ...
    ) -> None: ...
    def stop(self) -> None: ...
    def pause_at(self, offset: int) -> None: ...
    def pauses_at(self, offset: int) -> bool: ...
    @property
    def next_span(self) -> int: ...
    @property
    def is_stopped(self) -> bool: ...

class Lockstep:
    def __init__(self, n_workers: int) -> None: ...

class Worker:
    counters: Counters
    visits: NDArray[np.int64] | None
    kept_words: int
    @property
    def n_replicated(self) -> tuple[int, int, int]: ...
    def __init__(
        self,
        model: Model,
        options: Options,
        seed: int,
        *,
        count_visits: bool = False,
        replicas: Replicas | None = None,
        lockstep: Lockstep | None = None,
        shards: Shards | None = None,
        sample_curvature: bool = False,
    ) -> None: ...
    def curvature(self, m: int) -> NDArray[np.float64] | None: ...
    def curvature_scales(self, m: int) -> NDArray[np.float64]: ...
    def train_epoch(
        self,
        ids: NDArray[np.int32],
        queue: SpanQueue,
        epoch_key: int,
        schedule: AlphaSchedule,
    ) -> None: ...
    def train_round(
        self,
        ids: NDArray[np.int32],
        queue: SpanQueue,
        order: NDArray[np.int64],
        epoch_key: int,
        schedule: AlphaSchedule,
        ids_before: int,
    ) -> None: ...

class Shards:
    counters: list[Counters]
    state: NDArray[np.float64]
    sampling: NDArray[np.int64]
    def __init__(
        self,
        model: Model,
        n_shards: int,
        scales: tuple[float, float, float],
        other_contexts: int,
    ) -> None: ...
    def close_round(self, queue: SpanQueue) -> None: ...
    def merge(
        self, queue: SpanQueue, turn: int, strength: float, worker: int
    ) -> None: ...

def pack_shard(shards: Shards, shard: int) -> NDArray[np.uint8]: ...
def unpack_shard(shards: Shards, shard: int, packed: NDArray[np.uint8]) -> None: ...

class ExactWorker:
    counters: Counters
    def __init__(
        self,
        model: Model,
        options: Options,
        alpha: float,
        epochs: int,
        train_words: int,
    ) -> None: ...
    @property
    def alpha(self) -> float: ...
    @property
    def state(self) -> dict[str, Any]: ...
    def restore(
        self,
        *,
        alpha: float,
        random: int,
        cursor: int,
        word_count: int,
        last_word_count: int,
        words_done: int,
    ) -> None: ...
    def train_epoch(self, ids: NDArray[np.int32], queue: SpanQueue) -> None: ...

def span_starts(
    ids: NDArray[np.int32],
    span_length: int,
    max_sentence_length: int,
    *,
    first: int = 0,
    n_spans: int = ...,
) -> NDArray[np.int64]: ...
def window_bytes(window: int, max_sentence_length: int, row_bytes: int) -> int: ...
def alias_table(shares: NDArray[np.float64]) -> NDArray[np.uint32]: ...
def init_vectors(
    syn0: NDArray[np.float32], dim: int, seed: int, init_range: float
) -> None: ...
def init_vectors_exact(syn0: NDArray[np.float32], dim: int) -> None: ...

class RankMemory:
    def __init__(self, memories: list[NDArray[np.uint8]], index: int) -> None: ...
    @staticmethod
    def bytes_of(n_floats: int) -> int: ...
    def meet(self) -> None: ...

_RankRows: TypeAlias = tuple[
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    NDArray[np.float32],
    float,
]

class RankMerge:
    n_rows: int
    def __init__(self, matrices: list[_RankRows]) -> None: ...
    def take(self, start: int, stop: int, changes: NDArray[np.float32]) -> None: ...
    def add(self, start: int, stop: int, changes: NDArray[np.float32]) -> None: ...
    def fits(self, memory: RankMemory) -> bool: ...
    def merge_in(self, memory: RankMemory) -> None: ...

def dots_and_squares(
    rows: NDArray[np.float32],
    x: NDArray[np.float32],
    dots: NDArray[np.float32],
    squares: NDArray[np.float32],
) -> None: ...
def add_exponentials(
    logits: NDArray[np.float32],
    biases: NDArray[np.float32],
    tops: NDArray[np.float32],
    sums: NDArray[np.float64],
) -> None: ...
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
    targets: NDArray[np.float32],
    outputs: NDArray[np.float32],
    input_rows: NDArray[np.int32],
    output_rows: NDArray[np.int32],
    labels: NDArray[np.float32],
    alpha: float,
    softmax: bool = False,
) -> tuple[NDArray[np.float32], float]: ...
def _test_random(seed: int, epoch: int, index: int, n: int) -> NDArray[np.uint32]: ...
def _test_alias_noise(noise: AliasNoise, seed: int, n: int) -> NDArray[np.int64]: ...
def _test_step_noise(
    noise: StepNoise, randoms: NDArray[np.uint32]
) -> NDArray[np.int64]: ...
def _test_merges(first_period: int, period: int, n_words: int) -> list[int]: ...
