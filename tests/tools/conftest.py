"""The library of two manuals that the query graph is tested with."""

from tests.graphs.query.conftest import bench, database, empty, filled_library, principal

__all__ = ["bench", "database", "empty", "filled_library", "principal"]
