import pytest
from phrases_reference import new_york_sentences


@pytest.fixture
def new_york():
    """Sentences in which only "new york" co-occurs often."""
    return new_york_sentences()
