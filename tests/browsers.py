"""Headless Chromium for tests of pages; the calling test skips where it is missing."""

import contextlib
import shutil
import warnings

import pytest

# Without the browser's own requests, which a test would count as the page's.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@contextlib.contextmanager
def headless_browser(user_folder, window="1280,900", language="en"):
    """Open a browser that logs its console and its requests."""
    selenium = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    chromedriver = shutil.which("chromedriver")
    if not (browser and chromedriver):
        pytest.skip("chromium or chromedriver is not installed")
    options = selenium.ChromeOptions()
    options.binary_location = browser
    given = (
        f"--user-data-dir={user_folder}",
        f"--window-size={window}",
        f"--lang={language}",
    )
    for argument in (*ARGUMENTS, *given):
        options.add_argument(argument)
    logs = {"browser": "ALL", "performance": "ALL"}
    options.set_capability("goog:loggingPrefs", logs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        driver = selenium.Chrome(
            options=options, service=selenium.ChromeService(chromedriver)
        )
    try:
        yield driver
    finally:
        driver.quit()
