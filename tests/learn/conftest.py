"""A browser for the tests of the learning page."""

import pytest
from browsers import headless_browser


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with headless_browser(tmp_path_factory.mktemp("user")) as driver:
        yield driver
