"""PickScore (Kirstain et al. 2023, "Pick-a-Pic: An Open Dataset of User Preferences for Text-to-Image Generation") to
ONNX: pick_score = exp(logit scale) * cosine.

    python pick_score.py --checkpoint PickScore_v1 --tokenizer CLIP-ViT-H-14-laion2B-s32B-b79K --out pick-score

The checkpoint is the folder of PickScore_v1, a CLIPModel; its processor, and so the tokenizer, is that of the CLIP it was
trained from. Graphs and their names are those of towers.py.
"""

from __future__ import annotations

from pathlib import Path

import common
import towers


def export_folder(checkpoint: Path, tokenizer: Path, out: Path) -> None:
    model = towers.load(checkpoint)
    if model.config.model_type != "clip":
        raise common.refuse(f"Expected a CLIPModel in {checkpoint}, found {model.config.model_type}.")
    components = towers.export_towers(model, out)
    common.copy_tokenizer(tokenizer, out)
    common.write_about(
        out,
        ("pick_score",),
        towers.clip_picture(model.config.vision_config.image_size, "floor"),
        components,
        textTokens=model.config.text_config.max_position_embeddings,
        logitScale=towers.scale_of(model),
    )


def main() -> None:
    args = common.arguments(
        __doc__,
        checkpoint="folder of PickScore_v1",
        tokenizer="optional: folder with the CLIP tokenizer, where the checkpoint's has none",
    )
    export_folder(args.checkpoint, args.tokenizer or args.checkpoint, args.out)


if __name__ == "__main__":
    main()
