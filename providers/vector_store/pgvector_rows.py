"""What goes to PostgreSQL and comes back: points as columns, a question's terms, hits."""

import math
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from pgvector import SparseVector as PgSparse
from pgvector import Vector
from psycopg.types.json import Jsonb

from providers.errors import ProviderError
from providers.types import IndexPoint, ScoredPoint, SparseVector
from providers.vector_store.pgvector_sql import PLACES


def by_id(points: Sequence[IndexPoint]) -> dict[str, IndexPoint]:
    """Return points by their ids as PostgreSQL writes them; of two with one id the last.

    Raises:
        ProviderError: An id is not a UUID.
    """
    try:
        return {str(UUID(point.id)): point for point in points}
    except ValueError as error:
        raise ProviderError(f"the id of a point is not a UUID: {error}") from error


def columns_of(points: Mapping[str, IndexPoint]) -> dict[str, list[Any]]:
    """Return points, by their ids, as one list a column."""
    terms = [
        point.sparse if point.sparse is not None and len(point.sparse.indices) else None
        for point in points.values()
    ]
    return {
        "ids": list(points),
        "documents": [point.document_id for point in points.values()],
        "payloads": [Jsonb(dict(point.payload)) for point in points.values()],
        "dense": [
            None if point.dense is None else Vector(point.dense) for point in points.values()
        ],
        "weights": [None if vector is None else _folded(vector) for vector in terms],
        "lexemes": [None if vector is None else " ".join(_lexemes(vector)) for vector in terms],
    }


def asked(vector: SparseVector) -> dict[str, Any]:
    """Return the parameters of the sparse branch."""
    lexemes = _lexemes(vector)
    return {
        "lexemes": lexemes,
        "places": (vector.indices % PLACES + 1).tolist(),  # as text, places count from 1
        "weights": vector.values.astype(np.float64).tolist(),
        "any": " | ".join(lexemes),
    }


def _lexemes(vector: SparseVector) -> list[str]:
    return [f"t{term:x}" for term in vector.indices.tolist()]


def _folded(vector: SparseVector) -> PgSparse:
    """Return the weights; two terms that meet in one place, one in a thousand million, add up."""
    weights: dict[int, float] = {}
    for term, weight in zip(vector.indices.tolist(), vector.values.tolist(), strict=True):
        weights[term % PLACES] = weights.get(term % PLACES, 0.0) + weight
    return PgSparse(weights, PLACES)


def hits_of(rows: Sequence[tuple[Any, ...]]) -> dict[str, list[ScoredPoint]]:
    """Sort the rows of a search by branch and score; the graph gives them almost in order."""
    hits: dict[str, list[ScoredPoint]] = {}
    for branch, id_, score in rows:
        # The zero vector has no direction; it is as close to all as to none.
        hits.setdefault(branch, []).append(ScoredPoint(id_, 0.0 if math.isnan(score) else score))
    for found in hits.values():
        found.sort(key=lambda hit: (-hit.score, hit.id))
    return hits
