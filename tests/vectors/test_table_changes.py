"""Changes of a table: attributes, new keys, order, rows of a model."""

import copy
import pickle

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec

WORDS = ["king", "queen", "man", "woman"]
SENTENCES = [["a", "b", "c", "a", "d"], ["b", "a", "c"]] * 20


@pytest.fixture
def wv():
    vectors = np.arange(12, dtype=np.float32).reshape(4, 3) + 1
    return KeyedVectors(WORDS, vectors, counts=[40, 30, 20, 10])


@pytest.fixture(scope="module")
def model():
    return Word2Vec(
        SENTENCES, vector_size=4, min_count=1, epochs=1, workers=1, progress=False
    )


# --- attributes -------------------------------------------------------------------


def test_counts_are_an_attribute(wv):
    assert wv.get_vecattr("queen", "count") == 30
    wv.set_vecattr("queen", "count", 33)
    assert wv.counts.tolist() == [40, 33, 20, 10]
    wv.counts = None
    wv.set_vecattr("man", "count", 5)
    assert wv.counts.tolist() == [0, 0, 5, 0]
    assert wv.counts.dtype == np.int64


def test_unknown_counts_are_numbers_by_row_with_a_warning(wv):
    wv.counts = None
    with pytest.warns(UserWarning, match="counts of these words are not known"):
        found = [wv.get_vecattr(key, "count") for key in wv.index_to_key]
    assert found == [4, 3, 2, 1]
    assert wv.counts is None
    assert "count" not in wv.expandos


def test_assigned_counts_are_copied(wv):
    given = np.array([4, 3, 2, 1])
    wv.counts = given
    wv.set_vecattr("king", "count", 7)
    assert given.tolist() == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("value", "dtype", "blank"),
    [
        (3, np.int64, 0),
        (np.int16(3), np.int64, 0),
        (0.5, np.float64, 0),
        (np.float32(0.5), np.float64, 0),
        (True, np.bool_, False),
        ("noun", object, None),
        (["noun", "title"], object, None),
    ],
)
def test_the_first_value_determines_the_type(wv, value, dtype, blank):
    wv.set_vecattr("man", "x", value)
    assert wv.expandos["x"].dtype == dtype
    assert wv.get_vecattr("man", "x") == value
    assert wv.get_vecattr("king", "x") == blank


@pytest.mark.parametrize(("first", "second"), [(1, 1.5), (1, "a"), (True, 2)])
def test_a_value_of_another_type_is_an_error(wv, first, second):
    wv.set_vecattr("man", "x", first)
    with pytest.raises(TypeError, match="attribute 'x' has type"):
        wv.set_vecattr("king", "x", second)
    assert wv.get_vecattr("man", "x") == first


def test_counts_are_integers_even_if_there_are_none_yet(wv):
    wv.counts = None
    with pytest.raises(TypeError, match="attribute 'count' has type int64"):
        wv.set_vecattr("man", "count", 1.5)
    assert wv.counts is None


def test_attributes_of_missing_keys_are_an_error(wv):
    with pytest.raises(KeyError, match="did you mean 'queen'"):
        wv.set_vecattr("quen", "x", 1)
    assert "x" not in wv.expandos
    with pytest.raises(KeyError, match="did you mean 'queen'"):
        wv.get_vecattr("quen", "count")
    with pytest.raises(KeyError, match="'x'; known attributes: 'count'"):
        wv.get_vecattr("king", "x")


# --- new keys -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "empty", [lambda: KeyedVectors(3), lambda: KeyedVectors(vector_size=3)]
)
def test_keys_are_added_to_an_empty_table(empty):
    wv = empty()
    assert (len(wv), wv.vector_size) == (0, 3)
    assert wv.add_vector("a", [1, 0, 0]) == 0
    wv.add_vectors(["b", "c"], np.eye(3)[1:])
    assert wv.index_to_key == ["a", "b", "c"]
    assert np.array_equal(wv.vectors, np.eye(3))
    assert wv.vectors.dtype == np.float32
    assert wv.most_similar(["b", "c"], topn=1)[0][0] == "a"


@pytest.mark.parametrize("size", [None, 0, -1])
def test_an_empty_table_needs_a_dimension(size):
    with pytest.raises(ValueError, match="vector_size must be at least 1"):
        KeyedVectors(vector_size=size)


def test_known_keys_keep_their_vectors_unless_replaced(wv):
    wv.add_vectors(["man", "boy"], np.zeros((2, 3)))
    assert wv["man"].tolist() == [7, 8, 9]
    assert wv.index_to_key == [*WORDS, "boy"]
    wv.add_vectors(["girl", "man"], [[1, 1, 1], [2, 2, 2]], replace=True)
    assert wv[["girl", "man"]].tolist() == [[1, 1, 1], [2, 2, 2]]
    assert wv.get_index("girl") == 5
    assert wv["woman"].tolist() == [10, 11, 12]


def test_items_of_known_and_new_keys_can_be_set(wv):
    wv["man"] = np.zeros(3)
    wv[["boy", "king"]] = np.ones((2, 3))
    assert wv["man"].tolist() == [0, 0, 0]
    assert wv["king"].tolist() == wv["boy"].tolist() == [1, 1, 1]


def test_new_keys_may_have_attributes(wv):
    extras = {"count": [7, 8], "kind": ["noun", "verb"]}
    wv.add_vectors(["boy", "king"], np.zeros((2, 3)), extras)
    assert wv.counts.tolist() == [40, 30, 20, 10, 7]
    assert wv.expandos["kind"].tolist() == [None] * 4 + ["noun"]
    wv.add_vectors(["king"], np.zeros((1, 3)), {"count": [9]}, replace=True)
    assert wv.get_vecattr("king", "count") == 9
    wv.add_vector("girl", np.zeros(3))
    assert wv.get_vecattr("girl", "count") == 0
    wv.add_vectors(["king"], np.zeros((1, 3)), {"new": [0.5]}, replace=True)
    assert wv.expandos["new"].tolist() == [0.5, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("keys", "weights", "extras", "error", "message"),
    [
        (["x"], np.zeros((1, 2)), None, ValueError, r"shape \(1, 2\); pass shape"),
        (["x", "y"], np.zeros((1, 3)), None, ValueError, r"pass shape \(2, 3\)"),
        (["x", "y", "x"], np.zeros((3, 3)), None, ValueError, "'x' more than once"),
        (["x"], np.zeros((1, 3)), {"a": [1, 2]}, ValueError, r"extras\['a'\] must"),
        (["x"], np.zeros((1, 3)), {"count": [0.5]}, TypeError, "'count' has type"),
    ],
)
def test_a_failed_addition_changes_nothing(wv, keys, weights, extras, error, message):
    with pytest.raises(error, match=message):
        wv.add_vectors(keys, weights, extras)
    assert (len(wv), wv.vectors.shape, list(wv.expandos)) == (4, (4, 3), ["count"])


def test_added_integer_keys_become_python_integers():
    wv = KeyedVectors(2)
    wv.add_vectors(np.array([17, 4]), np.eye(2))
    assert type(wv.index_to_key[0]) is int
    assert wv[17].tolist() == [1, 0]


def test_keys_added_to_the_original_are_not_added_to_a_shallow_copy(wv):
    other = copy.copy(wv)
    wv.add_vectors(["boy"], np.zeros((1, 3)), {"x": [1]})
    assert other.index_to_key == WORDS
    assert len(other.key_to_index) == len(other.vectors) == len(other.counts) == 4
    assert "x" not in other.expandos


def test_added_vectors_are_converted_to_the_type_of_the_table(wv):
    half = KeyedVectors(WORDS, wv.vectors.astype(np.float16))
    half.add_vector("boy", [1, 2, 3])
    assert half.vectors.dtype == np.float16


# --- whole arrays -----------------------------------------------------------------


def test_vectors_can_be_assigned(wv):
    given = np.ones((4, 5))
    wv.vectors = given
    assert wv.vectors is given
    assert wv.vector_size == 5


@pytest.mark.parametrize("shape", [(3, 3), (4,), (4, 3, 1)])
def test_assigned_vectors_need_a_row_for_each_key(wv, shape):
    with pytest.raises(ValueError, match=r"vectors must have the shape \(4, D\)"):
        wv.vectors = np.zeros(shape)
    assert wv.vectors.shape == (4, 3)


def test_all_vectors_can_be_scaled_to_length_one(wv):
    expected = wv.get_normed_vectors()
    rows = wv.vectors
    wv.unit_normalize_all()
    assert np.array_equal(rows, expected)
    assert wv.vectors is rows


def test_parts_can_be_assigned_as_in_gensim(wv):
    wv.index_to_key = ["a", "b", "c", "d"]
    wv.key_to_index = {"a": 0, "b": 1, "c": 2, "d": 3}
    wv.expandos = {"x": np.arange(4)}
    assert wv["b"].tolist() == [4, 5, 6]
    assert wv.get_vecattr("d", "x") == 3
    assert wv.counts is None


def test_counts_and_attributes_follow_their_keys_when_keys_are_assigned(wv, tmp_path):
    wv.set_vecattr("man", "kind", "noun")
    wv.vectors_lockf[2] = 0
    counts = dict(zip(WORDS, wv.counts.tolist(), strict=True))
    rows = wv.vectors
    with pytest.warns(UserWarning, match="1 of the keys, such as 'boy', .* no count"):
        wv.index_to_key = ["man", "boy", "king"]
    wv.key_to_index = {"man": 0, "boy": 1, "king": 2}
    wv.vectors = np.stack([rows[2], np.ones(3), rows[0]])
    assert wv.counts.tolist() == [counts["man"], 0, counts["king"]]
    assert wv.get_vecattr("man", "kind") == "noun"
    assert wv.vectors_lockf.tolist() == [0, 1, 1]
    wv.save(tmp_path / "chosen.npz")
    loaded = KeyedVectors.load(tmp_path / "chosen.npz")
    assert loaded.index_to_key == ["man", "boy", "king"]
    assert loaded.counts.tolist() == wv.counts.tolist()
    assert np.array_equal(loaded["king"], rows[0])


@pytest.mark.parametrize(
    "use",
    [
        lambda wv: wv.save("never.npz"),
        lambda wv: wv.add_vector("new", np.ones(3)),
        lambda wv: wv.sort_by_descending_frequency(),
    ],
)
def test_keys_without_their_vectors_are_an_error_when_they_are_used(wv, use):
    wv.index_to_key = ["a", "b"]
    with pytest.raises(ValueError, match="index_to_key has 2, vectors has 4") as raised:
        use(wv)
    assert "Assign index_to_key first, then vectors" in str(raised.value)


def test_new_names_of_the_same_rows_keep_their_attributes(wv):
    counts = wv.counts.tolist()
    wv.vectors_lockf[1] = 0
    wv.index_to_key = [WORDS[0], "lady", *WORDS[2:]]
    assert wv.counts.tolist() == counts
    assert wv.vectors_lockf.tolist() == [1, 0, 1, 1]
    assert wv.key_to_index["lady"] == 1
    doubled = KeyedVectors(["a", "a", "b"], np.eye(3), counts=[1, 5, 9])
    doubled.index_to_key = doubled.index_to_key
    assert doubled.counts.tolist() == [1, 5, 9]


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        (["the", "the", "king", "foo"], [9, 8, 7, 6]),  # one name was another's
        (["x", "y"], [9, 8]),
        (["The", "the", "Ring", "Foo", "more"], [9, 8, 7, 6, 0]),
    ],
)
def test_names_of_rows_that_do_not_move_keep_attributes(names, counts):
    table = KeyedVectors(["The", "the", "King", "Foo"], np.eye(4), counts=[9, 8, 7, 6])
    table.vectors_lockf[0] = 0
    table.index_to_key = names
    assert table.counts.tolist() == counts
    assert table.vectors_lockf.tolist() == [0, *[1] * (len(names) - 1)]


def test_an_attribute_assigned_by_name_before_the_keys_is_an_error(wv):
    wv.expandos["count"] = wv.expandos["count"][[3, 1, 0, 2]]
    with pytest.raises(ValueError, match=r"count .* assigned before these keys"):
        wv.index_to_key = [WORDS[row] for row in (3, 1, 0, 2)]


@pytest.mark.parametrize(
    "assign",
    [
        lambda wv, rows: wv.expandos.__setitem__("count", wv.counts[rows]),
        lambda wv, rows: wv.expandos.update(count=wv.counts[rows]),
        lambda wv, rows: setattr(wv, "expandos", {"count": wv.counts[rows]}),
        lambda wv, rows: setattr(wv, "counts", wv.counts[rows]),
    ],
)
@pytest.mark.parametrize("rows", [[3, 1, 0, 2], [1, 0]])
def test_attributes_that_have_followed_their_keys_are_not_rearranged_again(
    wv, assign, rows
):
    expected = wv.counts[rows].tolist()
    wv.index_to_key = [WORDS[row] for row in rows]
    with pytest.raises(ValueError, match="'count' would be rearranged twice"):
        assign(wv, rows)
    assert wv.counts.tolist() == expected
    wv.expandos["count"] = np.arange(len(rows))
    assert wv.counts.tolist() == list(range(len(rows)))


COPIES = [copy.deepcopy, lambda table: pickle.loads(pickle.dumps(table))]


@pytest.mark.parametrize("copied", COPIES)
def test_keys_of_a_copy_can_be_assigned(wv, copied):
    counts = wv.counts.tolist()
    other = copied(wv)
    other.index_to_key = WORDS[::-1]
    assert other.counts.tolist() == counts[::-1]
    with pytest.raises(ValueError, match="'count' would be rearranged twice"):
        copied(other).counts = other.counts[::-1]


def test_an_attribute_may_be_assigned_again_and_again(wv):
    wv.set_vecattr("king", "flag", True)
    wv.index_to_key = ["queen", "king", *WORDS[2:]]
    for flags in ([False] * 4, [True, False, False, True], [False, True, False, True]):
        wv.expandos["flag"] = flags
        assert wv.expandos["flag"].tolist() == flags


def test_assigned_attributes_have_a_type_that_attributes_have(wv):
    wv.expandos["small"] = np.arange(4, dtype=np.int8)
    wv.expandos["text"] = ["a", "b", "c", "d"]
    wv.expandos |= {"share": np.ones(4, np.float32)}
    found = [wv.expandos[name].dtype for name in ("small", "text", "share")]
    assert found == [np.int64, object, np.float64]
    wv.set_vecattr("king", "text", "longer")


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_remembers_what_was_assigned(wv, copied):
    wv.expandos["count"] = [4, 3, 2, 1]
    with pytest.raises(ValueError, match="assigned before these keys"):
        copied(wv).index_to_key = WORDS[::-1]


def test_counts_assigned_before_their_keys_are_an_error(wv):
    """Whether they are in the order of the old keys or of the new is not known."""
    order = [3, 1, 0]
    wv.counts = [4, 3, 2, 1]
    with pytest.raises(ValueError, match=r"count .* assigned before these keys"):
        wv.index_to_key = [WORDS[row] for row in order]
    assert wv.index_to_key == WORDS
    wv.counts = None
    wv.index_to_key = [WORDS[row] for row in order]
    wv.vectors = wv.vectors[order]
    wv.counts = [1, 3, 4]
    assert wv.get_vecattr(WORDS[0], "count") == 4
    wv.sort_by_descending_frequency()
    assert wv.index_to_key == WORDS[:2] + WORDS[3:]


def test_key_to_index_that_does_not_fit_the_keys_is_an_error_when_it_is_used(wv):
    for wrong in ({WORDS[0]: 0}, {word: 0 for word in WORDS}, {"other": 7}):
        wv.key_to_index = wrong
        with pytest.raises(ValueError, match="key_to_index does not fit index_to_key"):
            wv.add_vector("new", np.ones(3))
    wv.index_to_key = wv.index_to_key
    assert wv.add_vector("new", np.ones(3)) == 4


def test_an_attribute_with_the_name_of_a_part_is_checked_too(wv):
    wv.set_vecattr("king", "vectors", 1)
    wv.index_to_key = WORDS[:2]
    with pytest.raises(ValueError, match="vectors has 4, the attribute 'count' has 2"):
        wv.save("never.npz")


def test_keys_of_an_empty_table_with_factors_can_be_assigned():
    table = KeyedVectors(vector_size=3)
    assert len(table.vectors_lockf) == 0
    table.index_to_key = np.array([7, 8])
    assert table.index_to_key == [7, 8]
    assert table.vectors_lockf.tolist() == [1, 1]


def test_vectors_before_their_keys_are_an_error_that_says_so(wv):
    with pytest.raises(ValueError, match="other keys, assign index_to_key first"):
        wv.vectors = np.zeros((2, 3))


@pytest.mark.parametrize("name", ["index2word", "vocab", "syn0", "vectors_norm"])
def test_names_of_gensim_3_cannot_be_assigned(wv, name):
    with pytest.raises(AttributeError, match=f"{name} cannot be set: .* here "):
        setattr(wv, name, None)


def test_a_subclass_of_a_program_may_use_an_old_name():
    class Old(KeyedVectors):
        pass

    table = Old(["a"], [[1.0]])
    table.vocab = {"a": 0}
    assert table.vocab == {"a": 0}


# --- the rows of a model ----------------------------------------------------------


def test_the_rows_of_a_model_can_be_overwritten_but_not_added_or_sorted(model):
    with pytest.raises(RuntimeError, match=r"cannot add keys: .*copy\.deepcopy"):
        model.wv.add_vector("new", np.zeros(4))
    with pytest.raises(RuntimeError, match="cannot sort the rows"):
        model.wv.sort_by_descending_frequency()
    for name in ("index_to_key", "key_to_index"):
        with pytest.raises(RuntimeError, match=r"cannot assign keys: .*deepcopy"):
            setattr(model.wv, name, getattr(model.wv, name))
    model.wv.add_vectors(["a"], np.full((1, 4), 0.5), replace=True)
    assert model.wv["a"].tolist() == [0.5] * 4
    model.train(SENTENCES, epochs=1)
    assert len(model.wv) == len(model.wv.vectors) == 4


def test_vectors_assigned_to_a_model_are_copied_into_its_rows(model):
    rows = model.wv.vectors
    model.wv.vectors = np.full(rows.shape, 0.25)
    assert np.shares_memory(model.wv.vectors, rows)
    assert (rows == 0.25).all()
    with pytest.raises(ValueError, match="vectors must have the shape"):
        model.wv.vectors = np.zeros((4, 7))


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda wv: pickle.loads(pickle.dumps(wv))],
)
def test_keys_can_be_added_to_copies_of_the_vectors_of_a_model(model, duplicate):
    wv = duplicate(model.wv)
    wv.add_vector("new", np.zeros(4))
    assert len(wv) == 5
    assert len(model.wv) == len(model.wv.vectors) == 4


# --- order and selection -------------------------------------------------------------


def test_rows_are_sorted_by_count(wv):
    wv.counts = [5, 9, 5, 12]
    wv.set_vecattr("man", "kind", "noun")
    before = {word: wv[word].tolist() for word in WORDS}
    wv.sort_by_descending_frequency()
    assert wv.index_to_key == ["woman", "queen", "king", "man"]
    assert wv.counts.tolist() == [12, 9, 5, 5]
    assert wv.key_to_index == {word: n for n, word in enumerate(wv.index_to_key)}
    assert {word: wv[word].tolist() for word in WORDS} == before
    assert wv.get_vecattr("man", "kind") == "noun"


def test_sorting_needs_counts():
    with pytest.raises(ValueError, match="no counts to sort by"):
        KeyedVectors(["a"], [[1.0]]).sort_by_descending_frequency()


def test_vectors_for_all_returns_a_table_of_selected_keys(wv):
    chosen = wv.vectors_for_all(iter(["man", "boy", "king", "man"]))
    assert chosen.index_to_key == ["man", "king"]
    assert np.array_equal(chosen.vectors, wv.vectors[[2, 0]])
    assert chosen.counts is None
    assert wv.vectors_for_all(["man"], copy_vecattrs=True).counts.tolist() == [20]
    chosen.vectors[:] = 0
    assert wv["man"].any()
    assert len(wv.vectors_for_all([])) == 0


def test_integer_vectors_become_floats_when_assigned():
    table = KeyedVectors(["a", "b"], np.ones((2, 2), np.float32))
    table.vectors = np.array([[3, 4], [0, 2]])
    np.testing.assert_allclose(table.get_vector("a", norm=True), [0.6, 0.8])


def test_keys_may_be_tuples():
    wv = KeyedVectors(2)
    wv.add_vectors([("a", "b"), ("c", "d")], np.eye(2))
    wv["e", "f"] = [1, 1]  # one vector: the tuple is one key
    assert wv.index_to_key == [("a", "b"), ("c", "d"), ("e", "f")]
    assert wv.get_vector(("a", "b")).tolist() == [1, 0]
    assert wv.similarity(("a", "b"), ("e", "f")) == pytest.approx(0.5**0.5)
    assert wv.similar_by_key(("a", "b"), topn=1)[0][0] == ("e", "f")
    wv[("a", "b"), ("c", "d")] = [[2, 0], [0, 2]]
    assert wv.vectors.tolist() == [[2, 0], [0, 2], [1, 1]]


@pytest.mark.parametrize("name", ["v.kv", "v.npz", "v.txt", "v.bin"])
def test_no_file_stores_keys_that_are_tuples(tmp_path, name):
    wv = KeyedVectors([("a", "b")], np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"\('a', 'b'\) .*type tuple; .*\[str\(key\)"):
        wv.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_arguments_of_gensims_empty_table():
    for wv in (KeyedVectors(4, 100), KeyedVectors(vector_size=4, count=100)):
        assert (len(wv), wv.vector_size, wv.vectors.dtype) == (0, 4, np.float32)
    wv = KeyedVectors(4, 0, dtype=np.float64)
    wv.add_vector("a", np.full(4, 0.1))
    assert wv["a"].tolist() == [0.1] * 4
    with pytest.raises(ValueError, match="dtype must be a floating-point type"):
        KeyedVectors(4, dtype=int)
    with pytest.raises(ValueError, match="count must be at least 0"):
        KeyedVectors(4, -1)


def test_locks_follow_their_rows():
    wv = KeyedVectors(["a", "b"], np.eye(2))
    wv.vectors_lockf = [0, 1]
    wv.add_vectors(["c"], np.ones((1, 2)))
    assert wv.vectors_lockf.tolist() == [0, 1, 1]
    for word, count in zip("abc", (1, 2, 3), strict=True):
        wv.set_vecattr(word, "count", count)
    wv.sort_by_descending_frequency()
    assert wv.vectors_lockf.tolist() == [1, 1, 0]


def test_rows_and_keys_are_listed_in_the_same_order(wv, model):
    wv.add_vector("boy", [1, 2, 3])
    wv.counts = [1, 2, 3, 4, 5]
    wv.sort_by_descending_frequency()
    for table in (wv, copy.deepcopy(wv), model.wv, wv.vectors_for_all(["boy", "king"])):
        assert list(table.key_to_index) == table.index_to_key
        assert np.array_equal(table[table.key_to_index], table.vectors)


def test_of_equal_keys_the_first_row_answers():
    table = KeyedVectors(["a", "b", "a", "c"], np.eye(4))
    assert table.key_to_index == {"a": 0, "b": 1, "c": 3}
    assert list(table.key_to_index) == ["a", "b", "c"]
