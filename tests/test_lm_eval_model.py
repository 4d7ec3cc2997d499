"""Our models in lm-eval's command: the same numbers, and a resume that never mixes models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("lm_eval", reason="needs the lm-eval extra")

from lm_eval import simple_evaluate
from lm_eval.api.instance import Instance
from lm_eval.tasks import TaskManager
from lm_eval_builders import (
    CannedBackend,
    CannedLM,
    canned_log_likelihood,
    canned_reply,
    sums,
    write_choice_task,
    write_rows,
)

from harness.backends import open as opening
from harness.core.errors import UserError
from harness.core.records import Completion
from harness.lm_eval_bridge.find import task_folders
from harness.lm_eval_bridge.local_data import write_local_task
from harness.lm_eval_bridge.model import ReasoningHarnessLM
from harness.lm_eval_bridge.rolling import windows
from harness.runner.likelihood import split_pair

N_DOCS = 1319


def asked(n, **arguments):
    settings = {"until": ["\n\n"], "do_sample": False, **arguments}
    return [
        Instance(
            request_type="generate_until",
            doc={},
            arguments=(f"Question: {i} + 1?", settings),
            idx=0,
            metadata=("toy", i, 1),
        )
        for i in range(n)
    ]


def evaluate(lm, folder, name, **options):
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    return simple_evaluate(lm, tasks=[name], task_manager=manager, bootstrap_iters=0, **options)["results"][name]


class Stopping(CannedBackend):
    """Is stopped from outside after some replies."""

    def __init__(self, stop_after):
        super().__init__()
        self.stop_after = stop_after

    def generate(self, requests, settings):
        for number, completion in enumerate(super().generate(requests, settings)):
            if number == self.stop_after:
                raise KeyboardInterrupt
            yield completion


@pytest.fixture
def gsm8k(tmp_path):
    """A folder with lm-eval's gsm8k on local data."""
    folder = tmp_path / "yaml"
    folder.mkdir()
    data = write_rows(tmp_path / "d.jsonl", sums(25))
    write_local_task(task_folders("gsm8k")[0] / "gsm8k.yaml", "gsm8k", folder, str(data), "")
    return folder


def test_a_generation_task_gives_the_numbers_of_the_plain_model(gsm8k):
    ours = evaluate(ReasoningHarnessLM(backend=CannedBackend()), gsm8k, "gsm8k", num_fewshot=2)
    theirs = evaluate(CannedLM(), gsm8k, "gsm8k", num_fewshot=2)
    assert ours == theirs
    assert 0 < ours["exact_match,flexible-extract"] < 1


def test_a_multiple_choice_task_gives_the_numbers_of_the_plain_model(tmp_path):
    write_choice_task(tmp_path, "own_choice", 20)
    ours = evaluate(ReasoningHarnessLM(backend=CannedBackend()), tmp_path, "own_choice")
    assert ours == evaluate(CannedLM(), tmp_path, "own_choice")
    assert 0 < ours["acc,none"] < 1


def test_rolling_log_likelihoods_are_of_the_whole_text():
    lm = ReasoningHarnessLM(backend=CannedBackend())
    found = lm.loglikelihood_rolling(
        [Instance(request_type="loglikelihood_rolling", doc={}, arguments=("some text",), idx=0)]
    )
    assert found == [canned_log_likelihood("", "some text")[0]]


def test_a_run_stopped_at_500_of_1319_asks_for_exactly_819_more(tmp_path):
    stopped = ReasoningHarnessLM(backend=Stopping(500), journal=str(tmp_path / "j"))
    with pytest.raises(KeyboardInterrupt):
        stopped.generate_until(asked(N_DOCS))
    stopped.close()
    backend = CannedBackend()
    texts = ReasoningHarnessLM(backend=backend, journal=str(tmp_path / "j")).generate_until(asked(N_DOCS))
    assert backend.n_requests == N_DOCS - 500
    assert texts == [canned_reply(f"Question: {i} + 1?").split("\n\n")[0] for i in range(N_DOCS)]


@pytest.mark.slow
def test_a_process_killed_while_it_writes_goes_on_too(tmp_path):
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[2])\n"
        "from lm_eval_builders import CannedBackend\n"
        "from test_lm_eval_model import asked\n"
        "from harness.lm_eval_bridge.model import ReasoningHarnessLM\n"
        "class Dying(CannedBackend):\n"
        "    def generate(self, requests, settings):\n"
        "        for number, completion in enumerate(super().generate(requests, settings)):\n"
        "            if number == 40: os.kill(os.getpid(), 9)\n"
        "            yield completion\n"
        "ReasoningHarnessLM(backend=Dying(), journal=sys.argv[1]).generate_until(asked(60))\n"
    )
    journal = tmp_path / "j"
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", code, str(journal), here], capture_output=True, check=False)
    assert done.returncode == -9, done.stderr.decode()[-500:]
    with (journal / "records.jsonl").open("ab") as file:
        file.write(b'{"key": "torn')
    backend = CannedBackend()
    ReasoningHarnessLM(backend=backend, journal=str(journal)).generate_until(asked(60))
    assert backend.n_requests == 20


def test_two_models_on_one_journal_never_share_an_answer(tmp_path):
    texts, weights = {}, {}
    pair = [Instance(request_type="loglikelihood", doc={}, arguments=("2 + 2 =", " 4"), idx=0)]
    for name in ("one", "two"):
        backend = CannedBackend(name)
        lm = ReasoningHarnessLM(backend=backend, journal=str(tmp_path / "j"))
        texts[name], weights[name] = lm.generate_until(asked(30)), lm.loglikelihood(pair)
        assert backend.n_requests == 31, "a second model asks for everything itself"
        lm.close()
    assert texts["one"] == [canned_reply(f"Question: {i} + 1?", "one").split("\n\n")[0] for i in range(30)]
    assert texts["two"] == [canned_reply(f"Question: {i} + 1?", "two").split("\n\n")[0] for i in range(30)]
    assert weights["one"] != weights["two"]


@pytest.mark.parametrize(
    "changed", [{"max_gen_toks": 9}, {"until": ["x"]}, {"do_sample": True, "temperature": 0.5}], ids=str
)
def test_other_settings_are_asked_for_anew(tmp_path, changed):
    first = ReasoningHarnessLM(backend=CannedBackend(), journal=str(tmp_path / "j"))
    first.generate_until(asked(3))
    first.close()
    backend = CannedBackend()
    ReasoningHarnessLM(backend=backend, journal=str(tmp_path / "j")).generate_until(asked(3, **changed))
    assert backend.n_requests == 3


def test_repeats_of_a_request_are_drawn_one_by_one():
    class Counting(CannedBackend):
        def generate(self, requests, settings):
            for request in requests:
                yield Completion(doc_id=request.doc_id, repeat=request.repeat, text=f"{request.repeat} {request.seed}")

    request = asked(1, do_sample=True, temperature=1.0)[0]
    texts = ReasoningHarnessLM(backend=Counting()).generate_until([request] * 3)
    assert [text.split()[0] for text in texts] == ["0", "1", "2"]
    assert len(set(texts)) == 3


def test_a_failed_request_stops_the_run_and_is_never_a_score(tmp_path):
    class Failing(CannedBackend):
        def generate(self, requests, settings):
            for completion in super().generate(requests, settings):
                bad = completion.doc_id.startswith("toy-2-")
                yield Completion(doc_id=completion.doc_id, text="", finish="error", error="down") if bad else completion

    lm = ReasoningHarnessLM(backend=Failing(), journal=str(tmp_path / "j"))
    with pytest.raises(RuntimeError, match=r"1 of 5 requests failed \(toy-2-0: down\)"):
        lm.generate_until(asked(5))
    lm.close()
    backend = CannedBackend()
    ReasoningHarnessLM(backend=backend, journal=str(tmp_path / "j")).generate_until(asked(5))
    assert backend.n_requests == 1


def test_turns_reach_a_backend_that_has_its_own_template():
    lm = ReasoningHarnessLM(backend=CannedBackend())
    context = lm.apply_chat_template([{"role": "user", "content": "2 + 2?"}])
    instance = Instance(
        request_type="generate_until", doc={}, arguments=(context, {"until": []}), idx=0, metadata=("t", 0, 1)
    )
    assert lm.generate_until([instance]) == [canned_reply("2 + 2?")]
    with pytest.raises(UserError, match="renders no chat template"):
        lm.loglikelihood([Instance(request_type="loglikelihood", doc={}, arguments=(context, " 4"), idx=0)])


def test_lm_evals_own_models_stay_known_beside_ours():
    code = (
        "import harness.lm_eval_bridge.model\n"
        "from lm_eval.api.registry import get_model\n"
        "print(get_model('dummy').__name__, get_model('reasoning-harness').__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["DummyLM", "ReasoningHarnessLM"], done.stderr[-500:]


def test_no_model_is_a_plain_error():
    with pytest.raises(UserError, match="no model given"):
        ReasoningHarnessLM()


def test_model_arguments_reach_the_backend(monkeypatch):
    seen = {}

    class Spy(CannedBackend):
        @classmethod
        def from_spec(cls, name, options, task):
            seen.update(name=name, options=dict(options), budget=task.max_new_tokens)
            return cls()

    monkeypatch.setitem(opening.BACKENDS, "scripted", "lm_eval_builders:CannedBackend")
    monkeypatch.setattr("lm_eval_builders.CannedBackend.from_spec", Spy.from_spec)
    ReasoningHarnessLM.create_from_arg_string(
        "pretrained=scripted:m,dtype=float32,max_gen_toks=99", {"batch_size": 8, "device": None}
    )
    assert seen == {"name": "m", "options": {"batch_size": "8", "dtype": "float32"}, "budget": 99}


def test_windows_weigh_every_token_but_the_first_once():
    for n_tokens in range(1, 40):
        for longest in range(2, 12):
            tokens = list(range(n_tokens))
            weighed = [token for window, given in windows(tokens, longest) for token in window[given:]]
            assert weighed == tokens[1:]
            assert all(len(window) <= longest and given >= 1 for window, given in windows(tokens, longest))


@pytest.mark.slow  # lm-eval's command reads all of its 14,000 task files
def test_the_wrapped_command_knows_our_model(tmp_path, gsm8k):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "harness.lm_eval_bridge",
            "run",
            "--model",
            "reasoning-harness",
            "--model_args",
            "pretrained=replay:nothing.jsonl",
            "--tasks",
            str(gsm8k / "local.yaml"),
            "--limit",
            "2",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": "", "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 2, done.stderr[-800:]
    assert "no file at nothing.jsonl" in done.stderr


@pytest.mark.parametrize(
    ("context", "continuation", "given", "weighed"),
    [
        ("Answer: ", "4", "Answer:", " 4"),
        ("Answer:\n", "4", "Answer:", "\n4"),
        ("A:", " 4", "A:", " 4"),
        ("", " 4", "", " 4"),
    ],
)
def test_white_space_that_ends_a_context_is_weighed_as_lm_evals_models_do(context, continuation, given, weighed):
    assert split_pair(context, continuation) == (given, weighed)
