"""config.json becomes Tunix's config, and what Tunix cannot compute is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tunix")

from tunix.models.gemma3.model import ModelConfig, QueryPreAttentionNormalisation

from harness.core.errors import UserError
from harness.gemma.model.config import config_json, max_positions, read_config
from harness.gemma.model.tunix_adapter import sizes_of
from harness.gemma.tiny import ONE_B

SMALL = {
    "model_type": "gemma3_text",
    "vocab_size": 1024,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 7,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "query_pre_attn_scalar": 16,
    "sliding_window": 32,
}


def write(folder: Path, config: dict[str, Any]) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_the_1b_config_is_tunixs_own(tmp_path: Path) -> None:
    found = read_config(write(tmp_path, config_json(ONE_B, window=512)))
    assert found == ModelConfig.gemma3_1b_it()


def test_a_multimodal_config_gives_its_text_part_with_transformers_defaults(tmp_path: Path) -> None:
    # What google/gemma-3-4b-it/config.json holds of its text model.
    text = {
        "hidden_size": 2560,
        "intermediate_size": 10240,
        "model_type": "gemma3_text",
        "num_hidden_layers": 34,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
        "sliding_window": 1024,
    }
    found = read_config(write(tmp_path, {"model_type": "gemma3", "text_config": text, "vision_config": {}}))
    expected = ModelConfig.gemma3_4b_it()
    expected.num_embed = 262_208  # Hugging Face pads the embedding; Google's own checkpoint does not
    assert found == expected


def test_rope_settings_are_read_in_the_spelling_of_transformers_5(tmp_path: Path) -> None:
    rope = {
        "sliding_attention": {"rope_type": "default", "rope_theta": 5000.0},
        "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 2e6},
    }
    found = read_config(write(tmp_path, SMALL | {"rope_parameters": rope}))
    assert (found.local_base_frequency, found.global_base_frequency, found.global_scale_factor) == (
        5000,
        2_000_000,
        4.0,
    )


def test_queries_scaled_by_the_width_of_a_head_share_are_read(tmp_path: Path) -> None:
    found = read_config(write(tmp_path, SMALL | {"head_dim": 8, "query_pre_attn_scalar": 16}))
    by = QueryPreAttentionNormalisation
    assert found.query_pre_attn_norm is by.BY_ONE_OVER_SQRT_EMBED_DIM_DIV_NUM_HEADS


def test_a_written_config_reads_back_to_the_same_sizes(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, SMALL))
    again = read_config(write(tmp_path, config_json(sizes_of(config), window=32)))
    assert again == config


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model_type": "llama"}, "llama"),
        ({"final_logit_softcapping": 30.0}, "final_logit_softcapping"),
        ({"hidden_activation": "silu"}, "hidden_activation"),
        ({"rms_norm_eps": 1e-5}, "rms_norm_eps"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings"),
        ({"use_bidirectional_attention": True}, "use_bidirectional_attention"),
        ({"sliding_window_pattern": 4}, "sliding_window_pattern"),
        ({"layer_types": ["full_attention"] * 7}, "layer_types"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 2.0}}, "yarn"),
        ({"query_pre_attn_scalar": 77}, "query_pre_attn_scalar"),
        ({"num_key_value_heads": 3}, "num_attention_heads"),
        ({"head_dim": 15, "query_pre_attn_scalar": 15}, "head_dim"),
        ({"num_hidden_layers": 0}, "num_hidden_layers"),
        ({"sliding_window": None}, "sliding_window"),
        ({"layer_types": 5}, "layer_types"),
        ({"rope_theta": "x"}, "rope_theta"),
        ({"rope_scaling": "x"}, "rope_scaling"),
        ({"rope_scaling": {"rope_type": "linear", "factor": 0.5}}, "factor"),
        ({"rope_parameters": [1]}, "rope_parameters"),
        ({"model_type": "gemma3", "text_config": "x"}, "text_config"),
    ],
)
def test_a_setting_that_tunix_does_not_compute_is_refused_by_name(
    change: dict[str, Any], named: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=named):
        read_config(write(tmp_path, SMALL | change))


def test_a_missing_config_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json is missing"):
        read_config(tmp_path)


def test_a_broken_config_says_where_it_breaks(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "gemma3_text",')
    with pytest.raises(UserError, match="not valid JSON"):
        read_config(tmp_path)


def test_the_longest_sequence_is_read(tmp_path: Path) -> None:
    assert max_positions(write(tmp_path, SMALL | {"max_position_embeddings": 2048})) == 2048
    assert max_positions(write(tmp_path, SMALL)) == 131_072
    with pytest.raises(UserError, match="max_position_embeddings='x'"):
        max_positions(write(tmp_path, SMALL | {"max_position_embeddings": "x"}))
