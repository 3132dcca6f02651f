"""Writes a BERT-like encoder as ONNX; run by a Python that has torch and transformers.

Usage: python -P export_script.py SOURCE_FOLDER TARGET_FILE

It is a script, run in a separate process, so that the service itself never loads torch.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUT = "last_hidden_state"


def export(source: Path, target: Path) -> None:
    """Trace the encoder in `source` with dynamic batch and length, and write it to `target`."""
    torch: Any = import_module("torch")
    transformers: Any = import_module("transformers")
    model = transformers.AutoModel.from_pretrained(
        source, attn_implementation="eager", dtype=torch.float32
    ).eval()

    class Encoder(torch.nn.Module):  # type: ignore[misc]
        """The model with plain positional inputs and one output."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            return self.model(
                input_ids=ids, attention_mask=mask, token_type_ids=types
            ).last_hidden_state

    ids = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "batch", 1: "length"}
    torch.onnx.export(
        Encoder(),
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        str(target),
        input_names=list(INPUTS),
        output_names=[OUTPUT],
        dynamic_axes={name: axes for name in (*INPUTS, OUTPUT)},
        opset_version=OPSET,
        dynamo=False,
    )


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
