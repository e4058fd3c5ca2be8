"""What all tests share."""

from hypothesis import settings

# No deadline: how long an example takes says more about the machine than the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
