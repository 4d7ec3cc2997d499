"""Final answers beside math-verify: on the test suites of peers, and on the seven real Gemma-3-1B runs.

    python benchmarks/answers.py --peers FOLDER [--data ../shared/data] [--show] [--no-math-verify]

FOLDER has one folder a peer with its tests, as a clone has them; every `test*.py` below it is read, none is run:

    FOLDER/Math-Verify/tests/test_all.py      git clone https://github.com/huggingface/Math-Verify
    FOLDER/lighteval/tests/unit/metrics/...   git clone https://github.com/huggingface/lighteval

A case is a row of `@pytest.mark.parametrize` that has a gold answer, a reply and whether they agree (ARGUMENTS lists
the names). Rows that are not literals are counted and left out. Of a gold that is a whole solution its answer counts.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from harness.core.records import Completion, Doc
from tasks.scoring.answer.extract import find_answer
from tasks.scoring.final_answer import final_answer

REPO = Path(__file__).resolve().parent.parent
ARGUMENTS = {
    "gold": ("gold", "target", "reference", "ground_truth", "expected_answer", "gt_answer"),
    "reply": ("pred", "reply", "output", "completion", "prediction", "predicted_answer", "model_output"),
    "verdict": ("expected", "result", "verdict", "is_correct", "correct"),
}
"""What peers call the three parts of a case."""
MAX_BARE_GOLD = 200
"""A longer gold is a solution."""

Judge: TypeAlias = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of a peer's test."""

    peer: str
    test: str
    """Name of the test function."""
    gold: str
    reply: str
    agree: bool
    """Whether the peer holds the reply to be right."""


def main() -> None:
    """Print agreement, wrong accepted, wrong rejected and seconds of each judge on each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="folder with the peers' repositories, or their tests")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("HARNESS_SHARED_DATA", _default_data())))
    parser.add_argument("--show", action="store_true", help="print every case on which we and the peer differ")
    parser.add_argument("--no-math-verify", action="store_true", help="leave math-verify out: it takes minutes")
    arguments = parser.parse_args()
    judges: dict[str, Judge] = {"harness": ours}
    if not arguments.no_math_verify:
        judges["math-verify"] = math_verify_judge()
    print("| set | judge | cases | agree | wrong accepted | wrong rejected | seconds |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for name, cases in sets(arguments.peers, arguments.data):
        for judge_name, judge in judges.items():
            report(name, cases, judge_name, judge, show=arguments.show and judge is ours)


def sets(peers: Path | None, data: Path) -> Iterator[tuple[str, list[Case]]]:
    """Every set of cases that is at hand, by name."""
    if peers is not None:
        for folder in sorted(path for path in peers.iterdir() if path.is_dir()):
            yield folder.name, list(peer_cases(folder))
    for path in sorted((data / "gemma3_1b_it_outputs").glob("*.jsonl")):
        yield path.stem, run_cases(path, data / "gsm8k" / "test.jsonl")


def report(name: str, cases: list[Case], judge_name: str, judge: Judge, *, show: bool) -> None:
    """One row of the table, and the differences where they are asked for."""
    started = time.perf_counter()
    verdicts = [judge(case.gold, case.reply) for case in cases]
    seconds = time.perf_counter() - started
    count = Counter(zip((case.agree for case in cases), verdicts, strict=True))
    agree = count[True, True] + count[False, False]
    wrong = f"{count[False, True]} | {count[True, False]}"
    share = agree / max(1, len(cases))
    print(f"| {name} | {judge_name} | {len(cases)} | {agree} ({share:.1%}) | {wrong} | {seconds:.2f} |")
    for case, verdict in zip(cases, verdicts, strict=True):
        if show and verdict != case.agree:
            print(f"    {case.test}: {case.gold[-160:]!r} {'!' if case.agree else ''}= {case.reply[-300:]!r}")


def ours(gold: str, reply: str) -> bool:
    """Whether the scorer of final answers, under its default policy, holds the reply correct."""
    doc = Doc(id="case", question="", target=bare_gold(gold))
    return final_answer().score(doc, Completion(doc_id="case", text=reply)).outcome == "correct"


def bare_gold(gold: str) -> str:
    """The answer that a gold text states, where it is more than an answer."""
    if "\\boxed" not in gold and "answer is" not in gold and len(gold) <= MAX_BARE_GOLD:
        return gold
    found = find_answer(gold, kind="text")
    return gold if found is None else found.text


def math_verify_judge() -> Judge:
    """math-verify with its defaults, as its readers use it."""
    from math_verify import parse, verify

    def judge(gold: str, reply: str) -> bool:
        return bool(verify(parse(gold, parsing_timeout=None), parse(reply, parsing_timeout=None), timeout_seconds=None))

    return judge


def run_cases(path: Path, questions: Path) -> list[Case]:
    """The completions of one real run with their published labels."""
    golds = [json.loads(line)["answer"] for line in questions.read_text(encoding="utf-8").splitlines()]
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Case(
            peer=path.stem,
            test=str(row["idx"]),
            gold=golds[row["idx"]],
            reply=row["completion"],
            agree=row["official_correct"],
        )
        for row in rows
    ]


def peer_cases(folder: Path) -> Iterator[Case]:
    """Every case in a peer's test files, the same case once; one that it judges both ways is left out."""
    cases = dict.fromkeys(case for path in sorted(folder.rglob("test*.py")) for case in file_cases(folder.name, path))
    verdicts: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for case in cases:
        verdicts[case.gold, case.reply].add(case.agree)
    return (case for case in cases if len(verdicts[case.gold, case.reply]) == 1)


def file_cases(peer: str, path: Path) -> Iterator[Case]:
    """The parametrised cases of one test file, read without running it."""
    left_out = 0
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef):
            continue
        for names, rows in parametrisations(node):
            for row in rows:
                case = read_case(peer, node.name, names, row)
                left_out += case is None
                if case is not None:
                    yield case
    if left_out:
        print(f"{path.name}: {left_out} rows are no literals", file=sys.stderr)


def parametrisations(function: ast.FunctionDef) -> Iterator[tuple[list[str], list[ast.expr]]]:
    """The argument names and rows of each parametrize decorator that has all three parts of a case."""
    for call in function.decorator_list:
        if not (isinstance(call, ast.Call) and ast.unparse(call.func).endswith("parametrize") and len(call.args) > 1):
            continue
        names = argument_names(call.args[0])
        if isinstance(call.args[1], ast.List | ast.Tuple) and all(position(names, part) >= 0 for part in ARGUMENTS):
            yield names, call.args[1].elts


def argument_names(node: ast.expr) -> list[str]:
    """The names in `"gold, pred"` or `["gold", "pred"]`."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return []
    return [name.strip() for name in (value.split(",") if isinstance(value, str) else value)]


def read_case(peer: str, test: str, names: list[str], row: ast.expr) -> Case | None:
    """One row, or None where it is not made of literals."""
    if not isinstance(row, ast.Tuple | ast.List) or len(row.elts) != len(names):
        return None
    try:
        gold, reply, verdict = (ast.literal_eval(row.elts[position(names, part)]) for part in ARGUMENTS)
    except ValueError:
        return None
    return Case(peer=peer, test=test, gold=str(gold), reply=str(reply), agree=bool(verdict))


def position(names: Iterable[str], part: str) -> int:
    """Where a part of a case stands among the arguments; -1 where it does not."""
    return next((i for i, name in enumerate(names) if name in ARGUMENTS[part]), -1)


def _default_data() -> Path:
    return REPO.parent / "shared" / "data"


if __name__ == "__main__":
    main()
