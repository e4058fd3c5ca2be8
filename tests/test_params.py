"""Parameters: defaults, ranges, error messages, what exact mode refuses."""

import ast
import inspect
import json
import math
import re
from fractions import Fraction

import numpy as np
import pytest

from w2vfast import Word2Vec, params
from w2vfast.params import TrainParams

WHOLE_NUMBERS = [
    "vector_size",
    "window",
    "min_count",
    "max_vocab_size",
    "max_final_vocab",
    "seed",
    "workers",
    "negative",
    "epochs",
    "max_sentence_length",
]
REAL_NUMBERS = ["alpha", "min_alpha", "sample", "ns_exponent", "init_range"]
SWITCHES = ["sg", "hs", "cbow_mean", "shrink_windows", "compute_loss", "deterministic"]
CHOICES = ["mode", "negative_sharing", "cbow_gradient", "objective"]
OPTIONAL = [
    "seed",
    "max_vocab_size",
    "max_final_vocab",
    "workers",
    "alpha",
    "min_alpha",
    "objective",
]


def message_of(error, **fields):
    with pytest.raises(error) as caught:
        TrainParams(**fields)
    return str(caught.value)


def test_every_parameter_is_in_one_of_the_lists_above():
    listed = WHOLE_NUMBERS + REAL_NUMBERS + SWITCHES + CHOICES
    assert sorted(listed) == sorted(TrainParams().to_dict())


@pytest.mark.parametrize("name", WHOLE_NUMBERS)
@pytest.mark.parametrize("value", [True, 1.5, "5", np.float64(5.5), [5], 5j, math.nan])
def test_whole_numbers_refuse_other_types(name, value):
    message = message_of(TypeError, **{name: value})
    assert message.startswith(f"{name} must be a whole number")
    assert f"got {value!r} ({type(value).__name__})" in message


@pytest.mark.parametrize("value", [5, 5.0, np.float32(5), np.int8(5), Fraction(5)])
def test_whole_numbers_of_any_type_are_accepted(value):
    params = TrainParams(**dict.fromkeys(WHOLE_NUMBERS, value))
    for name in WHOLE_NUMBERS:
        assert getattr(params, name) == 5
        assert type(getattr(params, name)) is int


def test_without_a_seed_one_is_chosen_and_kept():
    first, second = TrainParams(seed=None), TrainParams(seed=None)
    assert first.seed != second.seed
    assert TrainParams.from_dict(first.to_dict()) == first
    assert TrainParams(seed=None, mode="exact").seed == 1


@pytest.mark.parametrize("name", WHOLE_NUMBERS)
@pytest.mark.parametrize("value", [-1, 2**64])
def test_whole_numbers_refuse_what_is_out_of_range(name, value):
    message = message_of(ValueError, **{name: value})
    bound = "at least" if value < 0 else "at most"
    assert message.startswith(f"{name} must be {bound} ")
    assert f"got {value}." in message


@pytest.mark.parametrize("name", REAL_NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_numbers_refuse_nan_and_infinities(name, value):
    message = message_of(ValueError, **{name: value})
    assert message.startswith(f"{name} must be a finite number")


def test_numbers_refuse_what_overflows_a_float():
    assert "got inf" in message_of(ValueError, sample=10**400)


@pytest.mark.parametrize("name", REAL_NUMBERS)
@pytest.mark.parametrize("value", [True, "0.1", [0.1], 1j])
def test_numbers_refuse_other_types(name, value):
    message = message_of(TypeError, **{name: value})
    assert message.startswith(f"{name} must be a number")


@pytest.mark.parametrize(
    "name", sorted(WHOLE_NUMBERS + REAL_NUMBERS + SWITCHES + CHOICES)
)
def test_none_is_accepted_only_where_it_means_something(name):
    if name in OPTIONAL:
        is_chosen = name == "seed"
        assert (getattr(TrainParams(**{name: None}), name) is None) != is_chosen
    else:
        assert message_of(TypeError, **{name: None}).startswith(f"{name} must be")


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("value", [0, 1, True, False, np.int64(1), np.bool_(False)])
def test_switches_store_plain_bools(name, value):
    stored = getattr(TrainParams(**{name: value}), name)
    assert stored is bool(value)


@pytest.mark.parametrize("name", SWITCHES)
def test_switches_refuse_other_values(name):
    assert message_of(ValueError, **{name: 2}) == (
        f"{name} must be True, False, 1 or 0, got 2."
    )
    assert "got 'yes' (str)" in message_of(TypeError, **{name: "yes"})
    assert "got 1.0 (float)" in message_of(TypeError, **{name: 1.0})


@pytest.mark.parametrize("name", CHOICES)
def test_choices_refuse_other_words(name):
    assert "got 'slow'." in message_of(ValueError, **{name: "slow"})
    assert "got 1 (int)." in message_of(TypeError, **{name: 1})


def test_numpy_scalars_become_plain_python_numbers():
    made = TrainParams(
        vector_size=np.int32(7), seed=np.uint64(2**64 - 1), sample=np.float64(0.5)
    )
    assert type(made.vector_size) is int
    assert made.seed == 2**64 - 1
    assert type(made.sample) is float
    assert TrainParams(alpha=np.float32(0.5)).alpha == 0.5


def test_messages_name_the_value_what_is_accepted_and_what_to_do():
    assert message_of(ValueError, sample=5.0) == (
        "sample must be in [0, 1), got 5.0. Use 1e-3 to 1e-5; 0 turns subsampling off."
    )
    assert message_of(ValueError, negative=0) == (
        "negative must be at least 1 with hs=False, got 0. "
        "There is nothing to train otherwise: set negative=5 or hs=True."
    )
    assert message_of(ValueError, workers=0) == (
        "workers must be at least 1 or None, got 0. None means all CPUs that this "
        "process may use, or 1 in exact mode."
    )
    assert message_of(ValueError, window=0) == (
        "window must be at least 1, got 0. "
        "Common values are 2 to 10 words on each side."
    )


def test_long_values_of_a_wrong_type_are_shown_shortened():
    assert "1, 1, 1, 1,... (list)" in message_of(TypeError, window=[1] * 1000)


@pytest.mark.parametrize("alpha", [0, -0.1, 1e-50, 1e39])
def test_alpha_must_be_positive_and_finite_as_float32(alpha):
    assert message_of(ValueError, alpha=alpha).startswith("alpha must be greater than")


@pytest.mark.parametrize("sample", [0, 0.999])
def test_sample_accepts_zero_up_to_one(sample):
    assert TrainParams(sample=sample).sample == sample


def test_exact_mode_takes_any_sample_that_c_takes():
    assert TrainParams(sample=7.0, mode="exact").sample == 7.0
    message = message_of(ValueError, sample=-1.0, mode="exact")
    assert message.startswith("sample must be at least 0, got -1.0.")


def test_ns_exponent_range():
    assert TrainParams(ns_exponent=-0.5).ns_exponent == -0.5
    assert "from -10 to 10" in message_of(ValueError, ns_exponent=10.5)


@pytest.mark.parametrize("value", [0, -1, 1000.5])
def test_init_range_must_be_positive_and_not_absurd(value):
    assert TrainParams(init_range=1000).init_range == 1000.0
    message = message_of(ValueError, init_range=value)
    assert message.startswith("init_range must be greater than 0 and at most 1000, got")


def test_hierarchical_softmax_needs_no_negative_sampling():
    assert TrainParams(negative=0, hs=1).hs is True


@pytest.mark.parametrize(("sg", "alpha"), [(0, 0.05), (1, 0.025)])
def test_default_alpha_follows_the_model(sg, alpha):
    made = TrainParams(sg=sg)
    assert made.alpha is None
    assert made.start_alpha == alpha
    assert made.end_alpha == 0.0
    assert made.alpha_floor == 0.0001 * alpha


def test_min_alpha_is_the_absolute_end_of_the_line():
    made = TrainParams(alpha=0.1, min_alpha=0.01)
    assert (made.start_alpha, made.end_alpha, made.alpha_floor) == (0.1, 0.01, 0.01)
    assert TrainParams(min_alpha=0).alpha_floor == 0.0


@pytest.mark.parametrize("min_alpha", [-0.01, 0.06])
def test_min_alpha_must_not_exceed_alpha(min_alpha):
    message = message_of(ValueError, min_alpha=min_alpha)
    expected = f"min_alpha must be in [0, alpha=0.05] or None, got {min_alpha}."
    assert message.startswith(expected)


def test_exact_mode_explains_why_it_takes_one_worker():
    message = message_of(ValueError, mode="exact", workers=4)
    expected = "workers must be 1 with mode='exact', got 4. Threads that write to the"
    assert message.startswith(expected)
    assert message.endswith("Use workers=1 or mode='fast'.")
    assert TrainParams(mode="exact", workers=1).n_workers == 1
    assert TrainParams(mode="exact").n_workers == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", 2),
        ("min_alpha", 0.0001),
        ("ns_exponent", 0.5),
        ("init_range", 1.0),
        ("cbow_mean", False),
        ("cbow_gradient", "mean"),
        ("shrink_windows", False),
        ("max_vocab_size", 10),
        ("max_final_vocab", 10),
        ("max_sentence_length", 999),
    ],
)
def test_exact_mode_refuses_what_the_c_program_does_not_have(name, value):
    message = message_of(ValueError, mode="exact", **{name: value})
    default = getattr(TrainParams(), name)
    expected = f"{name} must be {default!r} with mode='exact', got {value!r}."
    assert message.startswith(expected)
    assert message.endswith(f"Leave {name} out, or use mode='fast'.")
    assert TrainParams(**{name: value}).mode == "fast"


def reaches_of_the_c_program(window, negative, n_centres=1000):
    """Those of the first thread in CBOW without subsampling: TrainModelThread."""
    random, reaches = 0, set()
    for _ in range(n_centres):
        random = (random * 25214903917 + 11) % 2**64
        reaches.add(window - random % window)
        for _ in range(negative):
            random = (random * 25214903917 + 11) % 2**64
    return sorted(reaches)


def cbow_without_sampling(window, negative):
    return TrainParams(
        sg=0, hs=not negative, negative=negative, window=window, sample=0
    )


@pytest.mark.parametrize("negative", [0, 4, 5, 9])
@pytest.mark.parametrize("window", [1, 4, 5, 10, 20])
def test_windows_of_cbow_reach_as_far_as_those_of_the_c_program(window, negative):
    params = cbow_without_sampling(window, negative)
    assert [*params.reaches] == reaches_of_the_c_program(window, negative)
    assert params.mean_contexts == 2 * np.mean(params.reaches)


def test_windows_of_cbow_keep_numbers_that_the_c_program_has_less_of():
    assert reaches_of_the_c_program(20, 3) == [1, 5, 9, 13, 17]
    assert [*cbow_without_sampling(20, 3).reaches] == [*range(1, 20, 2)]
    assert reaches_of_the_c_program(2, 5) == [1]
    assert [*cbow_without_sampling(2, 5).reaches] == [1, 2]


@pytest.mark.parametrize("options", [{"sg": 1, "sample": 0}, {"sg": 0}])
def test_other_windows_reach_all_distances(options):
    params = TrainParams(window=10, negative=5, **options)
    assert [*params.reaches] == [*range(1, 11)]


def test_whole_windows_reach_one_distance():
    params = TrainParams(sg=0, window=10, sample=0, shrink_windows=False)
    assert [*params.reaches] == [10]


def test_exact_mode_accepts_the_largest_window():
    assert TrainParams(mode="exact", window=2**26).window == 2**26


def test_parameters_go_through_json_and_back():
    made = TrainParams(sg=1, alpha=np.float32(0.1), workers=3, mode="fast")
    fields = json.loads(json.dumps(made.to_dict()))
    assert TrainParams.from_dict(fields) == made


def test_unknown_fields_are_named():
    with pytest.raises(ValueError, match="unknown parameters colour, size: "):
        TrainParams.from_dict({"size": 5, "colour": 1})


def test_parameters_cannot_be_changed():
    with pytest.raises(AttributeError):
        TrainParams().window = 3


def test_default_workers_are_the_usable_cpus(monkeypatch):
    monkeypatch.setattr(params, "usable_cpus", lambda: 7)
    assert TrainParams().n_workers == 7
    assert TrainParams(workers=3).n_workers == 3


# --- Word2Vec -------------------------------------------------------------------------


def documented_parameters(documented):
    """Names in the Parameters section of a numpydoc docstring."""
    text = inspect.getdoc(documented)
    section = text.split("Parameters\n----------\n")[1]
    section = re.split(r"\n\n\w[^\n]*\n-{3,}\n", section)[0]
    lines = [line for line in section.splitlines() if line[:1].strip()]
    names = [name for line in lines for name in line.split(" : ")[0].split(", ")]
    return [name for name in names if name.isidentifier()]


def test_word2vec_has_every_parameter_with_the_same_default():
    signature = inspect.signature(Word2Vec).parameters
    for name, default in TrainParams().to_dict().items():
        assert signature[name].default == default, name


def test_the_docstring_of_word2vec_names_its_parameters_once():
    names = documented_parameters(Word2Vec)
    expected = inspect.signature(Word2Vec).parameters.keys() - {"unknown"}
    assert sorted(names) == sorted(expected)


def test_the_docstring_of_train_params_names_its_fields_and_defaults():
    fields = TrainParams().to_dict()
    assert sorted(documented_parameters(TrainParams)) == sorted(fields)
    text = inspect.getdoc(TrainParams)
    for name, default in fields.items():
        (documented,) = re.findall(rf"^{name} : .*, default (.*)$", text, re.MULTILINE)
        assert ast.literal_eval(documented) == default, name
