"""The word-level tokenizer that both packs share, as a Hugging Face `tokenizer.json`.

Lower case, split at white space and punctuation, one id per word of the grammar. Other words become [UNK]:
they are seen in training too, so that they are ignored rather than harmful. Every text has exactly LENGTH ids;
shorter ones end in [PAD] (id 0), which the networks treat as a token like any other, so no mask is needed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

import world

LENGTH = 16  # "a photo depicts four small striped orange stars left of a dotted blue ring in meadow" has 16 words
PAD, UNK = 0, 1
PREFIX = "a photo depicts "  # what the verifier puts before a prompt


def words() -> list[str]:
    """The vocabulary; the position is the id."""
    relations = list(dict.fromkeys(word for relation in world.RELATIONS for word in relation.split()))
    shapes = [*world.SHAPES, *(shape + "s" for shape in world.SHAPES)]
    listed = ["[PAD]", "[UNK]", *world.COUNTS, *world.SIZES, *world.TEXTURES, *world.COLOURS, *shapes, *relations]
    return [*listed, "in", *world.BACKGROUNDS, "photo", "depicts"]


IDS = {word: number for number, word in enumerate(words())}
# Words that people type and that mean one of the grammar's: they share its id.
ALIASES = {"an": "a", "one": "a", "on": "in"}


def encode(texts: list[str]) -> torch.Tensor:
    """Token ids int64 [n, LENGTH] of lower-case texts whose words are split by single spaces."""
    ids = np.zeros((len(texts), LENGTH), dtype=np.int64)
    for row, text in zip(ids, texts):
        found = [IDS.get(word, UNK) for word in text.split()][:LENGTH]
        row[: len(found)] = found
    return torch.from_numpy(ids)


def disturb(ids: torch.Tensor, generator: torch.Generator, share: float = 0.08) -> torch.Tensor:
    """Training ids with [UNK] among them: a `share` of the rows loses some words, another gains some unknown ones.

    Teaches that an unknown word carries nothing and moves the others by one place.
    """
    out = ids.clone()
    n, length = ids.shape
    lose = torch.rand(n, 1, generator=generator) < share
    hit = torch.rand(n, length, generator=generator) < 0.2
    out[lose & hit & (ids != PAD)] = UNK
    gain = torch.nonzero(torch.rand(n, generator=generator) < share).flatten()
    for row in gain.tolist():
        used = int((ids[row] != PAD).sum())
        at = int(torch.randint(0, used + 1, (1,), generator=generator))
        many = int(torch.randint(1, 3, (1,), generator=generator))
        if used + many <= length:
            out[row] = torch.cat([out[row, :at], torch.full((many,), UNK), out[row, at : length - many]])
    return out


def write(directory: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json."""
    directory.mkdir(parents=True, exist_ok=True)
    special = [
        {"id": i, "content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, c in ((PAD, "[PAD]"), (UNK, "[UNK]"))
    ]
    vocabulary = IDS | {alias: IDS[word] for alias, word in ALIASES.items()}
    tokenizer = {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": LENGTH, "strategy": "LongestFirst", "stride": 0},
        "padding": {
            "strategy": {"Fixed": LENGTH},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": PAD,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
        "added_tokens": special,
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": LENGTH,
        "padding_side": "right",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "clean_up_tokenization_spaces": False,
        "added_tokens_decoder": {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in special},
    }
    for name, content in (("tokenizer.json", tokenizer), ("tokenizer_config.json", config)):
        (directory / name).write_text(json.dumps(content, indent=2) + "\n")
