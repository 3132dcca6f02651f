"""Writes a copy of an encoder whose matrices have 8-bit weights.

Usage: python -P quantise_script.py SOURCE_FILE TARGET_FILE

Each 64 weights of a column share a scale (ONNX Runtime's `MatMulNBits`), and activations are
rounded block by block as well, not with one scale for all the texts of a run.
It is a script, run in a separate process: the package onnx is not needed to run the copy.
"""

import sys
from importlib import import_module
from typing import Any

BITS = 8
BLOCK = 64
INTEGERS = 4
"""Accuracy level of ONNX Runtime at which products are computed with 8-bit integers."""


def quantise(source: str, target: str) -> None:
    """Quantise the weights of every matrix product; embeddings and norms stay as they are."""
    onnx: Any = import_module("onnx")
    quantisation: Any = import_module("onnxruntime.quantization.matmul_nbits_quantizer")
    made = quantisation.MatMulNBitsQuantizer(
        onnx.load(source), bits=BITS, block_size=BLOCK, is_symmetric=True, accuracy_level=INTEGERS
    )
    made.process()
    made.model.save_model_to_file(target, False)


if __name__ == "__main__":
    quantise(sys.argv[1], sys.argv[2])
