"""Tunix's own train and decode steps over shapes, for benchmarks/plan.py: compiled as ours are, beside ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.hardware.records import Job


def tunix_inputs(batch: Any) -> dict[str, Any]:
    """A padded batch as Tunix's examples give it to the model: id 0 pads."""
    from tunix.sft import utils

    real = batch.input_tokens != 0
    return {
        "input_tokens": batch.input_tokens,
        "input_mask": batch.input_mask,
        "positions": utils.build_positions_from_mask(real),
        "attention_mask": utils.make_causal_attn_mask(real),
    }


def lower_tunix_training(job: Job, devices: list[Any], mesh: Any) -> Any:
    """Tunix's own step as its examples use it, over shapes."""
    import optax
    from flax import nnx
    from jax.sharding import NamedSharding, PartitionSpec
    from tunix.sft.peft_trainer import PeftTrainer, TrainingConfig, TrainingInput

    from harness.gemma.model.config import config_of
    from harness.gemma.model.tunix_adapter import abstract_model, sharding_as_on_accelerators
    from sft.planning.train_step import config_of_job, placed, placed_shape
    from sft.training.trainable import with_lora

    config, made = config_of_job(job.arguments), []

    def trainer(over: Any) -> Any:
        made.append(PeftTrainer(over, optax.adamw(1e-5), TrainingConfig(eval_every_n_steps=1)))
        return made[0].optimizer

    with mesh, sharding_as_on_accelerators(mesh):
        model = nnx.merge(*abstract_model(_with_remat(config_of(job.arguments["model"]), config), "bfloat16"))
        if config.train.method == "lora":
            lora = {"rank": config.lora.rank, "alpha": 32.0, "modules": config.lora.modules, "seed": 0}
            model = nnx.eval_shape(lambda whole: _bfloat16(with_lora(whole, **lora, mesh=mesh)), model)
        optimizer = nnx.eval_shape(trainer, model)
        step = made[0].with_gen_model_input_fn(tunix_inputs)._train_step
        place = NamedSharding(mesh, PartitionSpec("fsdp"))
        size = (config.train.batch_rows, job.arguments["row_length"])
        batch = TrainingInput(
            input_tokens=placed_shape(size, "int32", place), input_mask=placed_shape(size, "float32", place)
        )
        return nnx.jit(step, donate_argnames=("optimizer",)).lower(placed(model, mesh), placed(optimizer, mesh), batch)


def _with_remat(model_config: Any, config: Any) -> Any:
    from tunix.models.gemma3.model import RematConfig

    return replace(model_config, remat_config=RematConfig[config.train.remat.upper()])


def _bfloat16(model: Any) -> Any:
    """LoRA parameters in the base's type, as Tunix leaves them."""
    import jax
    import jax.numpy as jnp
    from flax import nnx

    parameters = nnx.state(model, nnx.LoRAParam)
    nnx.update(model, jax.tree.map(lambda x: x.astype(jnp.bfloat16), parameters))
    return model


def lower_tunix_decoding(job: Job, devices: list[Any], mesh: Any) -> Any:
    """The Sampler's compiled loop over shapes; its cache is made for real, because its state holds one static array."""
    import jax
    import jax.numpy as jnp
    from flax import nnx
    from tunix.generate.sampler import CacheConfig, Sampler
    from tunix.generate.tokenizer_adapter import TokenizerAdapter

    from harness.gemma.model.config import config_of
    from harness.gemma.model.tunix_adapter import abstract_model

    class Ids(TokenizerAdapter):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            pass

        def pad_id(self) -> int:
            return 0

    given = job.arguments
    config = config_of(given["model"])
    model = nnx.merge(*abstract_model(config, given["dtype"]))
    sizes = {"num_layers": config.num_layers, "num_kv_heads": config.num_kv_heads, "head_dim": config.head_dim}
    sampler = Sampler(model, Ids(), CacheConfig(cache_size=given["span"], **sizes))
    sampler.eos_ids = jnp.array([1, 106])
    state = sampler.init_sample_state(
        jnp.ones((given["rows"], 64), jnp.int32), given["span"], False, None, 0.0, None, None, jax.random.key(0), None
    )
    place = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())

    def at(x: Any) -> Any:
        return jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=place) if hasattr(x, "shape") else x

    params = jax.tree.map(at, sampler._flattened_transformer_state)
    return sampler._compiled_decode_fn.lower(params, jax.tree.map(at, state))
