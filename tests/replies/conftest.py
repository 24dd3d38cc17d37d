"""The scene of sending, seen from the composer."""

from tests.outbox.conftest import attach, post, scene, square

__all__ = ["attach", "post", "scene", "square"]
