"""The noise floor: what counts as a flip, which runs are refused, and where comparisons find it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from compare_builders import ACCURACY, accuracy_records, answer, record, recorded_run, run
from hypothesis import given
from hypothesis import strategies as st

from harness.audits.noise.measure import Same, noise_floor
from harness.audits.noise.store import find_floor, write_floor
from harness.audits.noise.words import floor_sentence
from harness.core.errors import UserError
from harness.core.records import GenerationSettings, Record, Run
from harness.stats.estimate import estimate_metrics


def side(name: str, values: list[float], made: Run | None = None, records: list[Record] | None = None) -> Same:
    records = records or accuracy_records(values)
    made = replace(made or run(name), model=replace(run("m").model, name="m", fingerprint="f"))
    return Same(
        run=replace(made, id=name, estimates=estimate_metrics(records, [ACCURACY])), records=records, label=name
    )


def ran(harness, *arguments):
    done = harness(*arguments)
    assert done.code == 0, done.err
    return done


def test_flips_either_way_are_counted():
    floor = noise_floor([side("a", [1, 1, 0, 0, 1]), side("b", [1, 0, 1, 0, 1])])
    (pair,) = floor.pairs
    assert (pair.n_flips, pair.n_docs) == (2, 5)
    assert floor.flips.value == pytest.approx(0.4)
    assert floor.spread == 0
    assert floor.swing == pytest.approx(1.96 * (0.4 / 5) ** 0.5)


def test_flips_of_a_number_without_a_range_say_nothing_of_points():
    info = replace(ACCURACY, kind="mean", unbounded=True)
    sides = {"a": [3.0, 4.0], "b": [3.5, 4.5]}
    floor = noise_floor([side(name, values, run(name, metrics=(info,))) for name, values in sides.items()])
    assert (floor.flips.value, floor.swing) == (1.0, None)
    assert "points" not in floor_sentence(floor)


def test_the_same_run_twice_flips_nothing():
    floor = noise_floor([side("a", [1, 0, 1]), side("b", [1, 0, 1])])
    assert floor.flips.value == 0
    assert floor.flips.high > 0.3
    assert "no answer flips by numerics alone, at most" in floor_sentence(floor)


def test_an_unfinished_run_has_no_floor():
    stopped = side("b", [1, 0, 1])
    stopped = replace(stopped, run=replace(stopped.run, estimates={}))
    with pytest.raises(UserError, match="b is not finished"):
        noise_floor([side("a", [1, 0, 1]), stopped])


def test_three_runs_make_three_pairs_and_their_mean():
    floor = noise_floor([side("a", [1, 1, 1, 1]), side("b", [0, 1, 1, 1]), side("c", [0, 0, 1, 1])])
    assert [pair.n_flips for pair in floor.pairs] == [1, 2, 1]
    assert floor.flips.value == pytest.approx((1 + 2 + 1) / 12)
    assert floor.spread == pytest.approx(0.5)


def test_another_wrong_answer_is_another_answer_but_no_flip():
    def one(text: str) -> list[Record]:
        return [record("d", {"accuracy": 0.0}, scores=answer("wrong", text))]

    floor = noise_floor([side("a", [], records=one("7")), side("b", [], records=one("8"))])
    (pair,) = floor.pairs
    assert (pair.n_flips, pair.n_answers, pair.n_texts) == (0, 1, 0)


def test_another_text_with_the_same_answer_is_another_text_only():
    def one(text: str) -> list[Record]:
        made = record("d", {"accuracy": 1.0}, scores=answer("correct", "7"))
        return [replace(made, completion=replace(made.completion, text=text))]

    (pair,) = noise_floor([side("a", [], records=one("7")), side("b", [], records=one("it is 7"))]).pairs
    assert (pair.n_flips, pair.n_answers, pair.n_texts) == (0, 0, 1)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_the_order_of_the_runs_does_not_matter(pairs):
    one, other = ([float(p[i]) for p in pairs] for i in (0, 1))
    forth = noise_floor([side("a", one), side("b", other)])
    back = noise_floor([side("b", other), side("a", one)])
    assert forth.flips == back.flips
    assert forth.flips.value == pytest.approx(sum(a != b for a, b in pairs) / len(pairs))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": GenerationSettings(temperature=0.7)}, "sampled at temperature 0.7|generation settings differ"),
        ({"prompt_hash": "q" * 16}, "rendered prompts differ"),
        ({"scorers": {"final_answer": "f2"}}, "scorers differ"),
        ({"task": "svamp"}, "task"),
    ],
)
def test_runs_that_differ_in_more_than_numerics_are_refused(changes, message):
    with pytest.raises(UserError, match=message):
        noise_floor([side("a", [1, 0]), side("b", [1, 0], run("b", **changes))])


def test_sampled_runs_are_refused():
    sampled = {"settings": GenerationSettings(temperature=0.7)}
    with pytest.raises(UserError, match=r"sampled at temperature 0\.7"):
        noise_floor([side("a", [1, 0], run("a", **sampled)), side("b", [1, 0], run("b", **sampled))])


def test_different_models_are_no_noise():
    other = side("b", [1, 0])
    other = replace(other, run=replace(other.run, model=replace(other.run.model, fingerprint="g")))
    with pytest.raises(UserError, match="different models"):
        noise_floor([side("a", [1, 0]), other])


def test_one_run_has_no_floor():
    with pytest.raises(UserError, match="at least two runs"):
        noise_floor([side("a", [1, 0])])


def test_completions_made_elsewhere_are_taken_at_the_callers_word():
    def theirs(name: str) -> Same:
        records = accuracy_records([1, 0])
        made = recorded_run(name, estimates=estimate_metrics(records, [ACCURACY]))
        return Same(run=made, records=records, label=name)

    floor = noise_floor([theirs("a"), theirs("b")])
    assert floor.fingerprints == ("a", "b")
    assert "caller's word" in floor.notes[0]


def test_a_floor_is_found_by_model_and_task(tmp_path):
    floor = noise_floor([side("a", [1, 0, 1]), side("b", [1, 1, 1])])
    write_floor(tmp_path / "noise" / "x", floor)
    ours = side("c", [1, 0]).run
    assert find_floor(ours, [tmp_path]) == floor
    assert find_floor(replace(ours, task="svamp"), [tmp_path]) is None
    assert find_floor(replace(ours, model=replace(ours.model, fingerprint="g")), [tmp_path]) is None
    assert find_floor(ours, [tmp_path / "elsewhere"]) is None


def test_of_two_floors_the_one_of_more_docs_counts_and_a_damaged_file_is_passed_over(tmp_path):
    small, large = (noise_floor([side("a", [1, 0] * n), side("b", [1, 1] * n)]) for n in (1, 5))
    for name, floor in (("x", large), ("y", small)):
        write_floor(tmp_path / "noise" / name, floor)
    (tmp_path / "noise" / "z").mkdir()
    (tmp_path / "noise" / "z" / "noise.json").write_text("{")
    found = find_floor(side("c", [1]).run, [tmp_path])
    assert found is not None
    assert found.n_docs == 10


# --- the command -------------------------------------------------------------------------------------


def completions(path, wrong: set[int]):
    rows = [{"idx": i, "completion": f"The answer is {7 if i in wrong else 2 * i}."} for i in range(30)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "test.jsonl"
    rows = [{"question": f"What is twice {i}?", "answer": f"{2 * i}"} for i in range(30)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_files_of_completions_have_a_floor_that_compare_and_reports_show(harness, tmp_path, data):
    files = [completions(tmp_path / f"{n}.jsonl", wrong) for n, wrong in (("one", {1, 2, 3}), ("two", {3, 4}))]
    runs = tmp_path / "runs"
    done = ran(harness, "noise", *files, "-t", "gsm8k", "--data", data, "--runs", runs, "--json")
    document = json.loads(done.out)
    assert document["pairs"][0]["n_flips"] == 3
    assert document["flips"]["value"] == pytest.approx(0.1)
    for file in files:
        ran(harness, "score", file, "-t", "gsm8k", "--data", data, "--out", runs / file.stem)
    sides = runs / "one", runs / "two"
    told = "noise floor of one: 10.0% [3.5%, 25.6%] of answers flip by numerics alone (2 runs, 30 docs)"
    compared = ran(harness, "compare", *sides, "--report", tmp_path / "pages")
    assert told in compared.out
    for page in ("comparison.md", "comparison.html"):
        assert told in (tmp_path / "pages" / page).read_text().replace("\u00a0", " ")
    ran(harness, "report", runs / "two", "--out", tmp_path / "pages")
    assert told in (tmp_path / "pages" / "report.md").read_text()
    assert json.loads(ran(harness, "compare", *sides, "--json", "--no-report").out)["noise"][0].startswith(told)


def test_scoring_the_same_files_again_leaves_one_floor(harness, tmp_path, data):
    files = [completions(tmp_path / f"{n}.jsonl", wrong) for n, wrong in (("one", {1}), ("two", {3}))]
    for _ in range(2):
        ran(harness, "noise", *files, "-t", "gsm8k", "--data", data)
    assert len(list((tmp_path / "runs" / "noise").glob("*/noise.json"))) == 1
    assert len(list((tmp_path / "runs" / "noise" / "scored").iterdir())) == 2


def test_recorded_runs_have_a_floor(harness, tmp_path):
    for name in ("one", "two"):
        ran(harness, "run", "-t", "gsm_style", "-o", "n=8", "-m", "scripted:careful", "--out", tmp_path / "runs" / name)
    done = ran(harness, "noise", "one", "two")
    assert "no answer flips by numerics alone" in done.out
    assert "one / two" in done.out


def test_seeds_of_a_model_are_run_once_and_kept(harness, tmp_path):
    call = ("noise", "-t", "gsm_style", "-o", "n=8", "-m", "scripted:slip,rate=0.5", "--seeds", "0,1,2", "--json")
    first = json.loads(ran(harness, *call).out)
    journals = sorted((tmp_path / "runs" / "noise").glob("*/seed*/records.jsonl"))
    assert [path.parent.name for path in journals] == ["seed0", "seed1", "seed2"]
    before = [path.read_bytes() for path in journals]
    again = json.loads(ran(harness, *call).out)
    assert [path.read_bytes() for path in journals] == before
    assert again["flips"] == first["flips"]
    assert first["flips"]["value"] == 0


def test_a_seed_asks_in_another_order(harness, tmp_path):
    ran(harness, "noise", "-t", "gsm_style", "-o", "n=8", "-m", "scripted:careful", "--seeds", "0,1")
    (folder,) = (tmp_path / "runs" / "noise").glob("gsm_style-*")
    orders = []
    for seed in (0, 1):
        lines = (folder / f"seed{seed}" / "records.jsonl").read_text().splitlines()
        orders.append([json.loads(line)["doc"]["id"] for line in lines])
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no --task given"),
        (["-t", "gsm_style"], "no --model given"),
        (["-t", "gsm_style", "-m", "scripted:careful"], "one batch size and one seed"),
        (["-t", "gsm_style", "-m", "scripted:careful", "--batch", "1,2"], "scripted backend has no batch size"),
        (["-t", "gsm_style", "-m", "scripted:careful", "--seeds", "0,x"], "expected whole numbers"),
        (["-t", "gsm_style", "-m", "gemma:x,batch_size=2", "--batch", "1,2"], "sets batch_size itself"),
        (["-t", "gsm_styl", "-m", "scripted:careful", "--seeds", "0,1"], "did you mean 'gsm_style'"),
        (["nowhere", "here"], "unknown run 'nowhere'"),
        (["one.jsonl"], "--task says how to score it"),
    ],
)
def test_mistakes_are_one_line(harness, tmp_path, arguments, message):
    (tmp_path / "one.jsonl").write_text('{"idx": 0, "completion": "1"}\n')
    done = harness("noise", *arguments)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_a_tiny_gemma_is_run_at_each_batch_size(harness):
    pytest.importorskip("tunix", reason="needs the gemma extra")
    from gemma_models import small_model

    done = ran(
        harness, "noise", "-t", "gsm_style", "-o", "n=4", "-m", f"gemma:{small_model()},max_length=400", "--batch",
        "1,4", "--max-new-tokens", "8", "--json",
    )  # fmt: skip
    document = json.loads(done.out)
    assert [one["label"] for one in document["runs"]] == ["batch 1, seed 0", "batch 4, seed 0"]
    assert len(document["fingerprints"]) == 1


# --- the real runs -----------------------------------------------------------------------------------


def test_the_same_weights_at_two_batch_sizes_flipped_121_answers_by_their_own_verdicts(shared_data):
    sides = []
    for name in ("lora_grpo_b1", "lora_grpo_b32"):
        rows = map(json.loads, shared_data(f"gemma3_1b_it_outputs/{name}.jsonl").read_text().splitlines())
        records = [
            record(str(row["idx"]), {"accuracy": float(row["official_correct"])}, target=row["gold"]) for row in rows
        ]
        sides.append(side(name, [], records=records))
    floor = noise_floor(sides)
    assert (floor.pairs[0].n_flips, floor.n_docs) == (121, 1319)
    assert floor.flips.value == pytest.approx(121 / 1319)


def test_under_our_scorer_one_truncated_reply_more_flips(harness, shared_data):
    """A reply cut off after "... total is $160 + x$" ends, by chance, at its gold answer, 160."""
    files = [shared_data(f"gemma3_1b_it_outputs/{name}.jsonl") for name in ("lora_grpo_b1", "lora_grpo_b32")]
    options = ("-t", "gsm8k", "--data", shared_data("gsm8k/test.jsonl"), "-o", "answer=last-number")
    document = json.loads(ran(harness, "noise", *files, *options, "--json").out)
    assert document["pairs"][0]["n_flips"] == 122
    assert document["spread"] == pytest.approx(10 / 1319)
