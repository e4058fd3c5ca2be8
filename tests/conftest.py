"""Settings and fixtures for all tests."""

from hypothesis import settings

# No deadline: the time of an example depends on the machine more than on the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
