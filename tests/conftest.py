"""What the tests share."""

from hypothesis import settings

# The machines that run this are shared: an example that is slow there is no failure.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
