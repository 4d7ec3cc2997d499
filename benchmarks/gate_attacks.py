"""Ways to make a worse candidate pass the gate, tried on the front door's verbs; none may pass without a word.

    python benchmarks/gate_attacks.py [WORDS]     only the attacks whose name holds WORDS

The baseline is right on 85% of the docs and the candidate on 45%. An attack makes the folders of both; what the gate
then says is one of: refused (a UserError anywhere on the way), fail, inconclusive, labelled (it passes, and the result
says what is odd), PASSED SILENTLY. The command exits 1 where there is one of the last.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from attack_models import (
    BASE_RIGHT,
    BITS,
    N_DOCS,
    RATIO,
    SCATTER,
    UNBOUNDED,
    WORSE_RIGHT,
    Model,
    base,
    metric,
    run,
    shy,
    task,
    undecided,
    worse,
)

import harness
from harness.core.records import Completion, Doc, Score
from harness.core.task import PromptTemplate, Task
from harness.runner.invocation import Sampling
from harness.store.folder import read_run, write_run
from harness.store.journal import with_checksum

Outcome: TypeAlias = Literal["refused", "fail", "inconclusive", "labelled", "PASSED SILENTLY"]
Document: TypeAlias = dict[str, Any]

MARGIN = 0.02
WHY_CHARACTERS = 150

Pair: TypeAlias = tuple[Path, Path | str] | tuple[Path, Path, Sequence[str]]
"""Baseline, candidate, and what `allow` names."""
Attack: TypeAlias = Callable[[], Pair]
ATTACKS: dict[str, Attack] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    """Register an attack under its name."""

    def mark(made: Attack) -> Attack:
        ATTACKS[name] = made
        return made

    return mark


# --- edited folders ----------------------------------------------------------------------------------


def is_wrong(record: Document) -> bool:
    return record["metrics"]["accuracy"] == 0.0


def on_wrong(change: Callable[[Document], Any]) -> Callable[[list[Document]], list[Document]]:
    def edit(records: list[Document]) -> list[Document]:
        for record in records:
            if is_wrong(record):
                change(record)
        return records

    return edit


def set_metric(value: Any) -> Callable[[list[Document]], list[Document]]:
    return on_wrong(lambda record: record["metrics"].update(accuracy=value))


def _with_ratio(records: list[Document]) -> list[Document]:
    for record in records:
        record["metrics"]["accuracy"] = [0.0, 0.0001] if is_wrong(record) else [1000, 1000]
    return records


def _more_repeats(records: list[Document]) -> list[Document]:
    extra = []
    for record in filter(is_wrong, records):
        for repeat in range(1, 10):
            copy = json.loads(json.dumps(record))
            copy["key"] += str(repeat)
            copy["completion"]["repeat"] = repeat
            copy["metrics"]["accuracy"] = 1.0
            extra.append(copy)
    return records + extra


def _again(records: list[Document]) -> list[Document]:
    return records + set_metric(1.0)(json.loads(json.dumps(records)))


RECORD_EDITS: dict[str, Callable[[list[Document]], list[Document]]] = {
    "wrong metrics set to 1": set_metric(1.0),
    "wrong metrics set to 3": set_metric(3.0),
    "wrong metrics set to 1.0000001": set_metric(1.0000001),
    "wrong metrics taken away": set_metric(None),
    "wrong metrics set to half a pair": set_metric([None, 1.0]),
    "wrong metrics set to NaN": set_metric(math.nan),
    "binary values as uneven pairs": _with_ratio,
    "other gold answers where wrong": on_wrong(lambda r: r["doc"].update(target=r["completion"]["text"])),
    "a blank after the question where wrong": on_wrong(lambda r: r["doc"].update(question=r["doc"]["question"] + " ")),
    "ids renamed where wrong": on_wrong(lambda r: r["doc"].update(id=f"x{r['doc']['id']}")),
    "wrong ones marked as failed": on_wrong(lambda r: r["completion"].update(finish="error")),
    "wrong records left out": lambda records: [r for r in records if not is_wrong(r)],
    "second half left out": lambda records: records[: len(records) // 2],
    "all records left out": lambda records: [],
    "nine more repeats where wrong": _more_repeats,
    "keys written again with another verdict": _again,
    "all docs of one cluster": lambda records: [{**r, "doc": {**r["doc"], "cluster": "one"}} for r in records],
}


def _rewrite(folder: Path, edit: Callable[[list[Document]], list[Document]]) -> None:
    path = folder / "records.jsonl"
    records = edit([json.loads(line) for line in path.read_text().splitlines()])
    for record in records:
        record.pop("check", None)
    lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records)
    path.write_text("".join(with_checksum(line) + "\n" for line in lines))


def _edited(edit: Callable[[list[Document]], list[Document]], *, sealed: bool, known: bool = True) -> Attack:
    def made() -> Pair:
        before, after = base(), worse()
        _rewrite(after, edit)
        found = read_run(after)
        if not known:
            found = replace(found, identity=None)
        if sealed or not known:
            write_run(after, found)
        return before, after

    return made


for _name, _edit in RECORD_EDITS.items():
    ATTACKS[f"edited records: {_name}"] = _edited(_edit, sealed=False)
    ATTACKS[f"edited records of a run of before: {_name}"] = _edited(_edit, sealed=True, known=False)
    if _name not in ("wrong metrics set to 1", "keys written again with another verdict"):
        # Whoever seals a folder anew can write any completions into it; what no completions can explain is found.
        ATTACKS[f"edited records, sealed anew: {_name}"] = _edited(_edit, sealed=True)

RUN_EDITS: dict[str, Callable[[Document], Any]] = {
    "estimates": lambda run: run["estimates"]["accuracy"].update(value=0.99, low=0.98, high=1.0),
    "fewer expected": lambda run: run.update(n_expected=1),
    "lower is better": lambda run: run["metrics"][0].update(higher_is_better=False),
    "another kind of metric": lambda run: run["metrics"][0].update(kind="mean", unbounded=True),
    "no identity and other estimates": lambda run: (run.pop("identity"), run["estimates"]["accuracy"].update(value=1)),
    "no seal": lambda run: run["identity"].update(seal=""),
    "ten repeats": lambda run: run["settings"].update(repeats=10),
    "another docs hash": lambda run: run["data"].update(docs_hash="0" * 32),
    "fewer docs": lambda run: run["data"].update(n_docs=10),
}


def _edited_run(edit: Callable[[Document], Any]) -> Attack:
    def made() -> Pair:
        before, after = base(), worse()
        document = json.loads((after / "run.json").read_text())
        edit(document)
        (after / "run.json").write_text(json.dumps(document))
        return before, after

    return made


for _name, _change in RUN_EDITS.items():
    ATTACKS[f"edited run.json: {_name}"] = _edited_run(_change)

# --- failures by design ------------------------------------------------------------------------------

REPEATED = Sampling(temperature=1.0, repeats=4)

FAILURES: dict[str, Attack] = {
    "wrong ones time out": lambda: (base(), worse(on_wrong="error")),
    "wrong ones get no reply at all": lambda: (base(), worse(on_wrong="silence")),
    "the scorer crashes on wrong ones": lambda: (base(), worse(on_wrong="crash")),
    "the scorer gives NaN for wrong ones": lambda: (base(task(score=undecided)), worse(task(score=undecided))),
    "the scorer gives no verdict on wrong ones": lambda: (base(task(score=shy)), worse(task(score=shy))),
    "wrong repeats time out": lambda: (base(sampling=REPEATED), worse(on_wrong="error", sampling=REPEATED)),
    "wrong repeats get no reply": lambda: (base(sampling=REPEATED), worse(on_wrong="silence", sampling=REPEATED)),
    "the scorer crashes on wrong repeats": lambda: (
        base(sampling=REPEATED),
        worse(on_wrong="crash", sampling=REPEATED),
    ),
}
FAILURES |= {
    f"wrong ones time out, {name}": lambda measure=measure: (
        base(task(measure=measure)),
        worse(task(measure=measure), on_wrong="error"),
    )
    for name, measure in {"a mean": UNBOUNDED, "bits": BITS, "a ratio": RATIO}.items()
}
ATTACKS |= {f"failures: {name}": made for name, made in FAILURES.items()}


@attack("failures: both runs fail where the candidate is wrong")
def _both_fail() -> Pair:
    before = run("base", Model(right=BASE_RIGHT, name="base", step=SCATTER, also_fails=1 - WORSE_RIGHT))
    return before, worse(also_fails=1 - WORSE_RIGHT)


@attack("failures: stopped before the hard docs")
def _stopped() -> Pair:
    before, after = base(), worse()
    lines = (after / "records.jsonl").read_text().splitlines(keepends=True)
    (after / "records.jsonl").write_text("".join(lines[: int(WORSE_RIGHT * N_DOCS)]))
    write_run(after, replace(read_run(after), finished=""))
    return before, after


# --- other prompts, data, scorers --------------------------------------------------------------------


def _weak_base(**how: Any) -> Path:
    """The baseline as it is asked in another way, which it does not understand."""
    return run("base", Model(**{"right": 0.2, "name": "base"} | how))


def _changed(change: Callable[[Doc], Doc]) -> Task:
    return task(changed=lambda doc: change(doc) if int(doc.id) >= WORSE_RIGHT * N_DOCS else doc)


INPUTS: dict[str, Attack] = {
    "another chat template": lambda: (_weak_base(template="{}"), worse()),
    "other stop ids": lambda: (_weak_base(stops=(1, 2)), worse()),
    "another tokenizer that tells nothing": lambda: (_weak_base(tells=False, tokenizer="u"), worse(tells=False)),
    "one side that tells nothing": lambda: (_weak_base(tells=False, tokenizer=""), worse()),
    "another system prompt": lambda: (
        run("base", Model(right=0.2, name="base"), task(prompt=PromptTemplate(system="Say nothing."))),
        worse(),
    ),
    "a prefill": lambda: (
        run("base", Model(right=0.2, name="base"), task(prompt=PromptTemplate(prefill="I do not know"))),
        worse(),
    ),
    "another budget": lambda: (run("base", Model(right=0.2, name="base"), max_new_tokens=1), worse()),
    "another temperature": lambda: (
        run("base", Model(right=0.2, name="base"), sampling=Sampling(temperature=2.0)),
        worse(),
    ),
}
DATA: dict[str, Attack] = {
    "only the easy docs": lambda: (base(), worse(task(n=int(WORSE_RIGHT * N_DOCS)))),
    "only the easy docs, data allowed": lambda: (base(), worse(task(n=int(WORSE_RIGHT * N_DOCS))), ["data,prompt"]),
    "gold answers that the candidate gives": lambda: (base(), worse(_changed(lambda d: replace(d, target="-1")))),
    "gold answers that the candidate gives, data allowed": lambda: (
        base(),
        worse(_changed(lambda d: replace(d, target="-1"))),
        ["data"],
    ),
    "other gold reasoning": lambda: (base(), worse(task(changed=lambda d: replace(d, gold_reasoning="So it is.")))),
    "other metadata": lambda: (base(), worse(task(changed=lambda d: replace(d, metadata={"level": 1})))),
    "other clusters": lambda: (base(), worse(task(changed=lambda d: replace(d, cluster="one")))),
    "a limit": lambda: (base(), run("cand", Model(right=WORSE_RIGHT, name="cand"), limit=40)),
}
LENIENT: Callable[[Doc, Completion], Score] = lambda doc, completion: Score(value=1.0, outcome="correct")  # noqa: E731
SCORERS: dict[str, Attack] = {
    "a lenient scorer of another version": lambda: (base(), worse(task(score=LENIENT, version="2"))),
    "a lenient scorer, scorers allowed": lambda: (base(), worse(task(score=LENIENT, version="2")), ["scorers"]),
    "another task version": lambda: (base(), worse(replace(task(score=LENIENT, version="2"), version="2"))),
    "another kind of metric": lambda: (base(), worse(task(measure=UNBOUNDED))),
    "another direction": lambda: (
        base(task(measure=metric("binary", float, higher_is_better=False))),
        worse(task(measure=metric("binary", float, higher_is_better=False))),
    )[::-1],
}
ATTACKS |= {f"other prompts: {name}": made for name, made in INPUTS.items()}
ATTACKS |= {f"other data: {name}": made for name, made in DATA.items()}
ATTACKS |= {f"other scorers: {name}": made for name, made in SCORERS.items()}


@attack("other prompts: a run goes on under another chat template")
def _resumed() -> Pair:
    before, after = base(), worse()
    lines = (after / "records.jsonl").read_text().splitlines(keepends=True)
    (after / "records.jsonl").write_text("".join(lines[: int(WORSE_RIGHT * N_DOCS)]))
    write_run(after, replace(read_run(after), finished=""))
    better = Model(right=WORSE_RIGHT, name="cand", template="{} Mind the units.")
    return before, harness.resume(after, task=task(), model=better).path


# --- recorded completions, and names -----------------------------------------------------------------


def _cheat() -> Path:
    """A file of right answers, to a prompt that nobody knows."""
    Path("c.jsonl").write_text("\n".join(json.dumps({"id": str(i), "completion": str(i)}) for i in range(N_DOCS)))
    return Path("c.jsonl")


ROADS: dict[str, Attack] = {
    "score": lambda: (base(), harness.score(_cheat(), task(), out="cand").path),
    "replay": lambda: (base(), run("cand", f"replay:{_cheat()}")),
    "replay under the candidate's name": lambda: (base(), run("cand", f"replay:{_cheat()},name=cand")),
    "score of a run of ours": lambda: (base(), harness.score(base_copy(), task(), out="cand").path),
    "score, allowed": lambda: (base(), harness.score(_cheat(), task(), out="cand").path, ["prompt", "settings"]),
    "replay, allowed": lambda: (base(), run("cand", f"replay:{_cheat()}"), ["prompt,settings"]),
    "an empty name": lambda: (base(), ""),
    "the baseline itself": lambda: (base(), Path("base/../base")),
}
ATTACKS |= {f"recorded: {name}": made for name, made in ROADS.items()}


def base_copy() -> Path:
    """The baseline's records as a file."""
    return Path(shutil.copy("base/records.jsonl", "own.jsonl"))


# --- judged ------------------------------------------------------------------------------------------


def judge(made: Attack) -> tuple[Outcome, str]:
    """What the gate says of an attack, made in an empty folder of its own, and why."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        try:
            before, after, *allow = made()
            found = harness.compare(before, after, margin=MARGIN, allow=allow[0] if allow else ()).comparison
        except harness.UserError as error:
            return "refused", error.message
    assert found.gate is not None
    if found.gate.outcome != "pass":
        return found.gate.outcome, found.gate.why
    said = "; ".join(found.labels) or f"{len(found.unpaired)} docs left out"
    return ("labelled", said) if found.labels or found.unpaired else ("PASSED SILENTLY", found.verdict)


def main(words: str = "") -> int:
    """Try every attack whose name holds `words`; 1 where one passed silently."""
    seen: Counter[Outcome] = Counter()
    for name, made in ATTACKS.items():
        if words in name:
            outcome, why = judge(made)
            seen[outcome] += 1
            print(f"{outcome:16s} {name:72s} {why[:WHY_CHARACTERS]}", flush=True)
    print(f"{sum(seen.values())} attacks: " + ", ".join(f"{n} {outcome}" for outcome, n in sorted(seen.items())))
    return int(seen["PASSED SILENTLY"] > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
