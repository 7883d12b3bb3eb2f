"""Fixtures and names that the integration tests share; they live in tests/support."""
import pytest

pytest.register_assert_rewrite("world")

from world import *  # noqa: E402,F401,F403
