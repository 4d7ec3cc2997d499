"""Training settings: where each came from, and every mistake named before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.core.errors import UserError
from sft.config import Config, check, flatten, read_toml, read_written, resolve, write_config
from sft.recipes import recipe, recipe_names
from sft.training.optimizer import learning_rates

NEEDED = {"model.base": "m", "data.source": "d.jsonl"}


def test_every_value_says_who_set_it_last(tmp_path: Path):
    file = tmp_path / "run.toml"
    file.write_text("[model]\nbase = 'm'\n[data]\nsource = 'd'\n[train]\nsteps = 5\nlearning_rate = 1\n")
    resolved = resolve((str(file), read_toml(file)), ("--set", {"train.steps": 7}))
    assert (resolved.config.train.steps, resolved.origins["train.steps"]) == (7, "--set")
    assert (resolved.config.train.learning_rate, resolved.origins["train.learning_rate"]) == (1.0, str(file))
    assert resolved.origins["train.seed"] == "default"


def test_one_entry_of_a_table_can_be_set():
    layers = ("file", NEEDED | {"benchmark.options": {"n": 5, "seed": 1}}), ("--set", {"benchmark.options.n": 20})
    resolved = resolve(*layers)
    assert resolved.config.benchmark.options == {"n": 20, "seed": 1}
    assert resolved.origins["benchmark.options"] == "--set"
    with pytest.raises(UserError, match="unknown setting"):
        resolve(("--set", NEEDED | {"train.seed.n": 1}))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"train.learning_rat": 1.0}, "did you mean 'train.learning_rate'?"),
        ({"trian.steps": 1}, "did you mean 'train'?"),
        ({"train.schedule": "cosin"}, "did you mean 'cosine'?"),
        ({"train.arms": ["answer_only"]}, "did you mean 'answer-only'?"),
        ({"train.arms": "answer-only"}, "expected a list"),
        ({"train.steps": 1.5}, "expected a whole number"),
        ({"train.steps": True}, "expected a whole number"),
        ({"data.weights": {"question": "no"}}, "expected a number"),
        ({"train.learning_rate": 0.0}, "train.learning_rate is 0.0"),
        ({"train.learning_rate": float("nan")}, "train.learning_rate is nan"),
        ({"train.learning_rate": float("inf")}, "train.learning_rate is inf"),
        ({"data.row_length": 10}, "below data.max_length"),
        ({"train.arms": ["answer-only", "answer-only"]}, "names one twice"),
        ({"model.base": ""}, "model.base is not set"),
    ],
)
def test_a_mistake_is_named(given, message):
    with pytest.raises(UserError, match=message.replace("?", r"\?")):
        resolve(("run.toml", NEEDED | given))


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path):
    file = tmp_path / "run.toml"
    file.write_text("[train\n")
    with pytest.raises(UserError, match="not valid TOML"):
        read_toml(file)
    with pytest.raises(UserError, match="No such file"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(UserError, match="'steps' stands outside of a section"):
        flatten({"steps": 3})


def test_written_settings_come_back(tmp_path: Path):
    resolved = resolve(("test", NEEDED | {"train.arms": ["answer-only"], "data.weights": {"question": 0}}))
    write_config(resolved, tmp_path)
    assert read_written(tmp_path) == resolved
    with pytest.raises(UserError, match="no training run"):
        read_written(tmp_path / "other")


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_resolves(name):
    assert isinstance(resolve((name, recipe(name)), ("--base", {"model.base": "m"})).config, Config)


def test_a_misspelt_recipe_is_named():
    with pytest.raises(UserError, match="did you mean 'gemma3_270m'"):
        recipe("gemma3_270")


def test_the_defaults_alone_are_no_run():
    with pytest.raises(UserError, match="not set"):
        check(Config())


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
def test_the_learning_rate_rises_to_its_peak_and_falls_to_its_share(schedule):
    pytest.importorskip("optax", reason="needs the gemma extra")
    rates = learning_rates(schedule, peak=1.0, steps=100, warmup_steps=10, final_share=0.1)
    values = [float(rates(i)) for i in range(101)]
    assert values[0] == pytest.approx(0.1)
    assert values[9] == pytest.approx(1.0)
    assert values[:10] == sorted(values[:10])
    assert values[100] == pytest.approx(1.0 if schedule == "constant" else 0.1)


def test_without_warm_up_the_first_update_has_the_peak_rate():
    pytest.importorskip("optax", reason="needs the gemma extra")
    assert float(learning_rates("cosine", peak=2.0, steps=5, warmup_steps=0, final_share=0.0)(0)) == 2.0
