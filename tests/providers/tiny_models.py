"""Models of a few kilobytes, made on the spot: no hub is needed to run the real code.

Their weights are random from a fixed seed, or set by hand so that the model does something that
a test can foresee.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_FILLERS = "the a of is are it to in on by how what does before you at that".split()
_SUBJECT = "clean filter pump water unplug appliance drain error e18 blocked foreign object".split()
_WORDS = [
    *_FILLERS,
    *_SUBJECT,
    *"mean means door museum opens nine weekdays locked weekly passage number ready".split(),
    *"user system assistant answer question".split(),
]
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = [
    *SPECIAL,
    *_WORDS,
    *(c for c in _LETTERS if c not in _WORDS),
    *(f"##{c}" for c in _LETTERS),
    *".,:;!?-_/()",
]
_IDS = {word: number for number, word in enumerate(VOCABULARY)}
_LIGHT = [_IDS[word] for word in (*SPECIAL, *_FILLERS)]
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def torch() -> Any:
    return import_module("torch")


def transformers() -> Any:
    return import_module("transformers")


def tokenizer() -> Tokenizer:
    """A word-piece tokenizer as BERT's, over a vocabulary of a few words and all letters."""
    made = Tokenizer(WordPiece(vocab=_IDS, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", _IDS["[CLS]"]), ("[SEP]", _IDS["[SEP]"])],
    )
    made.add_special_tokens(SPECIAL)
    return made


def bert_config(**options: Any) -> Any:
    torch().manual_seed(7)
    given = {
        "vocab_size": len(VOCABULARY),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 128,
        "initializer_range": 0.4,
        "attn_implementation": "eager",
        **options,
    }
    return transformers().BertConfig(**given)


def random_cross_encoder(labels: int = 1) -> Any:
    """A BERT that classifies pairs, untrained."""
    config = bert_config(num_labels=labels)
    return transformers().BertForSequenceClassification(config).eval()


def random_language_model() -> Any:
    """A BERT with a language head, untrained."""
    return transformers().BertForMaskedLM(bert_config()).eval()


def echoing_language_model() -> Any:
    """A BERT that scores the words of the text itself, and next to nothing else.

    Attention and feed-forward layers add nothing, and the head compares what is left, each
    word's own embedding, with those of all words.
    """
    model = transformers().BertForMaskedLM(bert_config(hidden_size=256, hidden_act="relu")).eval()
    no_grad, eye = torch().no_grad(), torch().eye(256)
    with no_grad:
        embeddings = model.bert.embeddings
        torch().nn.init.normal_(embeddings.word_embeddings.weight)
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.zero_()
        for layer in model.bert.encoder.layer:
            for dense in (layer.attention.output.dense, layer.output.dense):
                dense.weight.zero_()
                dense.bias.zero_()
        head = model.cls.predictions
        head.transform.dense.weight.copy_(eye)
        head.transform.dense.bias.zero_()
        head.decoder.weight.copy_(embeddings.word_embeddings.weight)
        head.decoder.bias.fill_(-80.0)
        head.decoder.bias[_LIGHT] = -1e4
    return model


def comparing_cross_encoder() -> Any:
    """A model of pairs that looks for each token of the question in the passage (MaxSim)."""
    nn = torch().nn
    torch().manual_seed(7)

    class Comparing(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(len(VOCABULARY), 64)
            with torch().no_grad():
                # The words of one subject are alike.
                self.words.weight[[_IDS[word] for word in _SUBJECT]] += torch().randn(64)
            rare = torch().ones(len(VOCABULARY))
            rare[_LIGHT] = 0.0
            self.rare = nn.Parameter(rare)

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            vectors = nn.functional.normalize(self.words(ids), dim=-1)
            alike = vectors @ vectors.transpose(1, 2)
            passage = (types * mask).unsqueeze(1).float()
            best = (alike - 2 * (1 - passage)).max(dim=-1).values
            weight = self.rare[ids] * (mask * (1 - types)).float()
            mean = (best * weight).sum(-1) / (weight.sum(-1) + 1e-6)
            return (6 * mean - 3).unsqueeze(-1)

    return Comparing().eval()


def logits_of(model: Any) -> Any:
    """Wrap a model of transformers so that it takes its inputs by position."""

    class Plain(torch().nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).logits

    return Plain().eval()


def write_folder(folder: Path, model: Any, *, config: Any = None) -> Path:
    """Export a model of `INPUTS` to `folder`, with its tokenizer."""
    folder.mkdir(parents=True)
    tokenizer().save(str(folder / "tokenizer.json"))
    if config is not None:
        config.save_pretrained(folder)
    ids = torch().ones((2, 8), dtype=torch().int64)
    types = torch().zeros_like(ids)
    types[:, 4:] = 1
    axes = {0: "batch", 1: "length"}
    with _exporting():
        torch().onnx.export(
            model,
            (ids, torch().ones_like(ids), types),
            str(folder / "model.onnx"),
            input_names=list(INPUTS),
            output_names=["logits"],
            dynamic_axes={**{name: axes for name in INPUTS}, "logits": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
    return folder


def as_downloaded(folder: Path, models_dir: Path, repository: str, weights: str) -> None:
    """Lay a model out as the hub's client does, so that fastembed finds it without a network."""
    commit = "0" * 40
    kept = models_dir / f"models--{repository.replace('/', '--')}"
    snapshot = kept / "snapshots" / commit
    (snapshot / weights).parent.mkdir(parents=True)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit, "utf-8")
    (snapshot / weights).write_bytes((folder / "model.onnx").read_bytes())
    (snapshot / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    (snapshot / "config.json").write_text('{"pad_token_id": 0}', "utf-8")
    limits = '{"model_max_length": 64, "pad_token": "[PAD]"}'
    (snapshot / "tokenizer_config.json").write_text(limits, "utf-8")
    (snapshot / "special_tokens_map.json").write_text("{}", "utf-8")


@contextmanager
def _exporting() -> Iterator[None]:
    """Let torch export without the package onnx.

    It is only needed for functions written in ONNX Script, of which these models have none.
    """
    proto = import_module("torch.onnx._internal.torchscript_exporter.onnx_proto_utils")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(proto, "_add_onnxscript_fn", lambda model, _opsets: model)
        yield


TEMPLATE = (
    "{% for turn in messages %}[CLS] {{ turn['role'] }} : {{ turn['content'] }} [SEP] "
    "{% endfor %}{% if add_generation_prompt %}[CLS] assistant : {% endif %}"
)
STRICT_TEMPLATE = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system messages') }}"
    "{% endif %}" + TEMPLATE
)


def write_chat_folder(folder: Path, *, template: str | None = TEMPLATE, **options: Any) -> Path:
    """Save an untrained Llama of two layers, with its tokenizer and chat template."""
    torch().manual_seed(7)
    given = {
        "vocab_size": len(VOCABULARY),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "initializer_range": 0.4,
        "bos_token_id": _IDS["[CLS]"],
        "eos_token_id": _IDS["[SEP]"],
        "pad_token_id": _IDS["[PAD]"],
        **options,
    }
    made = transformers().LlamaForCausalLM(transformers().LlamaConfig(**given)).eval()
    made.save_pretrained(folder)
    inner = tokenizer()
    inner.post_processor = processors.TemplateProcessing(single="$A", special_tokens=[])
    names = dict(zip(("pad", "unk", "cls", "sep", "mask"), SPECIAL, strict=True))
    fast = transformers().PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token="[SEP]",
        **{f"{name}_token": token for name, token in names.items()},
    )
    fast.chat_template = template
    fast.save_pretrained(folder)
    return folder
