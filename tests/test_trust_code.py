"""Other code on one side is said, and an empty argument chooses nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from compare_builders import accuracy_records, run

import harness as front
from harness.comparison.compare import compare
from harness.comparison.refuse import check_comparable
from harness.core.errors import UserError
from tasks.scoring.final_answer import final_answer
from tasks.scoring.step_validity import step_validity

VERSIONS = {"reasoning-harness": "0.1.0", "math-verify": "0.8.0", "jax": "0.7"}


@pytest.mark.parametrize("package", ["reasoning-harness", "math-verify"])
@pytest.mark.parametrize("other", ["0.1", None])
def test_another_version_of_what_judges_is_a_label(package, other):
    versions = {**VERSIONS, package: other}
    versions = {name: version for name, version in versions.items() if version}
    (label,) = check_comparable(run(versions=VERSIONS), run(versions=versions), frozenset())
    assert label == f"{package} differs ({VERSIONS[package]} against {other or 'none'})"


def test_the_same_versions_are_no_label():
    assert check_comparable(run(versions=VERSIONS), run(versions={**VERSIONS, "jax": "0.8"}), frozenset()) == ()


@pytest.mark.parametrize("sides", [("abc", "abc-dirty"), ("abc-dirty", "")])
def test_uncommitted_changes_on_one_side_are_a_label(sides):
    base, cand = (run(name, git_sha=sha) for name, sha in zip(("base", "cand"), sides, strict=True))
    records = accuracy_records([1.0, 0.0, 1.0])
    (label,) = compare(base, records, cand, records).labels
    assert "was made with changes that were not committed (abc-dirty)" in label


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "", "base", "--gate"),
        ("compare", "base", "", "--gate"),
        ("compare", "base", "base", "--runs", ""),
        ("report", ""),
        ("history", ""),
        ("run", "--task", "two_digit_addition", "--model", ""),
        ("run", "--task", "two_digit_addition", "--model="),
        ("run", "--task", "gsm8k", "--data", ""),
        ("run", "--task", "gsm8k", "--data="),
        ("run", "--task", "gsm8k", "-o", "data="),
        ("run", "--resume", ""),
        ("lint", "--model", ""),
    ],
)
def test_an_empty_argument_is_refused_in_one_line(harness, arguments):
    assert (
        harness("run", "-t", "two_digit_addition", "-o", "n=2", "-m", "scripted:careful", "--out", "runs/base").code
        == 0
    )
    done = harness(*arguments)
    assert done.code == 2
    assert "empty" in done.err
    assert "Traceback" not in done.err


def test_an_empty_name_is_refused_from_python_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = front.evaluate("two_digit_addition", "scripted:careful", options={"n": 2}, out="runs/only")
    for call in (lambda: front.load_run(""), lambda: front.compare("", made), lambda: front.resume(" ")):
        with pytest.raises(UserError, match="empty"):
            call()
    with pytest.raises(UserError, match="data is empty"):
        front.evaluate("gsm8k", "scripted:careful", options={"data": ""})


def test_two_response_formats_of_one_name_are_two_scorers():
    from harness.core.reply.format import ResponseFormat, Section
    from harness.core.reply.presets import REASONING_ANSWER_TAGS

    forms = [
        ResponseFormat(name="mine", sections=(Section(name="answer", open=opening, close="</end>"),))
        for opening in ("<a>", "<b>")
    ]
    for scorer in (final_answer, step_validity):
        assert len({scorer(response_format=form).identity for form in forms}) == 2
        renamed = scorer(response_format=replace(forms[0], name=REASONING_ANSWER_TAGS.name))
        assert renamed.identity != scorer(response_format=REASONING_ANSWER_TAGS).identity
