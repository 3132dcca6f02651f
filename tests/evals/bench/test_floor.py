"""The bare libraries give what the plugins give."""

import os
from pathlib import Path

import numpy as np
import pytest

from evals.bench.floor import BareEmbedder, BareIndex
from providers.embedder.encoder import Weights
from providers.embedder.fastembed import FastEmbedConfig, FastEmbedEmbedder
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.sparse_encoder.bm25 import Bm25Encoder, Bm25EncoderConfig
from providers.types import IndexPoint, IndexSpec, TextKind
from providers.vector_store import edge_shard
from providers.vector_store.naming import DENSE, SPARSE

TEXTS = ["Descale the kettle.", "Wipe the oven door with soapy water.", "A pump hums."]


async def test_the_bare_index_finds_what_was_written(tmp_path: Path) -> None:
    embedder, encoder = HashingEmbedder(HashingConfig()), Bm25Encoder(Bm25EncoderConfig())
    dense = await embedder.embed(TEXTS, kind=TextKind.PASSAGE)
    sparse = await encoder.encode(TEXTS, kind=TextKind.PASSAGE)
    ids = [f"00000000-0000-0000-0000-00000000000{n}" for n in range(3)]
    points = [
        IndexPoint(id=ids[n], document_id="d", dense=dense[n], sparse=sparse[n]) for n in range(3)
    ]
    shard = edge_shard.create_shard(tmp_path / "shard", IndexSpec(dimensions=256), 20_000)
    edge_shard.upsert(shard, "default", points)
    shard.flush()
    shard.close()
    index = BareIndex(tmp_path / "shard", dense=DENSE, sparse=SPARSE)
    (query,) = await embedder.embed(["soapy oven"], kind=TextKind.QUERY)
    assert index.search("soapy oven", query, candidates=10, limit=2)[0] == ids[1]
    index.close()


@pytest.mark.integration
async def test_the_bare_embedder_agrees_with_the_plugin() -> None:
    models = Path(os.environ.get("CICERONE_MODELS_DIR", "models"))
    plugin = FastEmbedEmbedder(FastEmbedConfig(models_dir=models, weights=Weights.FLOAT32))
    wanted = await plugin.embed(TEXTS, kind=TextKind.PASSAGE)
    bare = BareEmbedder(models / "all-MiniLM-L6-v2", threads=None, max_tokens=256)
    assert np.allclose(bare.embed(TEXTS), wanted, atol=1e-4)
    assert bare.embed([]).size == 0
