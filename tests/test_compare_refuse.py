"""What two runs may not differ in, what leave mends it, and what is said of it."""

from __future__ import annotations

import pytest
from compare_builders import recorded_run, run

from harness.comparison.refuse import ALLOWANCES, check_comparable
from harness.core.errors import UserError
from harness.core.records import DataInfo, GenerationSettings

OTHER_DATA = DataInfo(source="bundled:gsm_style", docs_hash="e" * 16, n_docs=90)
SAMPLED = GenerationSettings(temperature=0.7)

MISMATCHES = {
    "data": ({"data": OTHER_DATA}, "data differ (file:test.jsonl, 100 docs, dddddddd against bundled:gsm_style"),
    "version": ({"task_version": "2"}, "task versions differ (1 against 2)"),
    "prompt": ({"prompt_hash": "q" * 16}, "rendered prompts differ (pppppppp against qqqqqqqq)"),
    "settings": ({"settings": SAMPLED}, "generation settings differ (temperature 0.0 against 0.7)"),
    "scorers": ({"scorers": {"final_answer": "f2"}}, "scorers differ (final_answer)"),
}


def check(baseline, candidate, *allow):
    return check_comparable(baseline, candidate, frozenset(allow))


def test_equal_runs_compare_without_a_label():
    assert check(run("a"), run("b")) == ()


@pytest.mark.parametrize("allowance", ALLOWANCES)
def test_a_mismatch_is_refused_by_name_and_labelled_once_allowed(allowance):
    changes, words = MISMATCHES[allowance]
    with pytest.raises(UserError) as refused:
        check(run(), run(**changes))
    assert words in str(refused.value)
    assert f"--allow {allowance}`" in refused.value.tip
    (label,) = check(run(), run(**changes), allowance)
    assert words in label


def test_every_mismatch_is_named_in_one_line():
    changes = {key: value for made, _ in MISMATCHES.values() for key, value in made.items()}
    with pytest.raises(UserError) as refused:
        check(run(), run(**changes), "prompt")
    message = str(refused.value)
    assert "\n" not in message
    assert all(words in message for name, (_, words) in MISMATCHES.items() if name != "prompt")
    assert "prompts differ" not in message
    assert "--allow data,version,settings,scorers" in refused.value.tip


@pytest.mark.parametrize("changes", [{"task": "svamp"}, {"primary": "valid_steps"}])
def test_another_task_or_primary_metric_is_refused_whatever_is_allowed(changes):
    with pytest.raises(UserError, match="do not compare"):
        check(run(), run(**changes), *ALLOWANCES)


def test_an_unknown_allowance_gets_the_nearest_name():
    with pytest.raises(UserError, match="unknown --allow 'promt'; did you mean 'prompt'"):
        check(run(), run(), "promt")


def test_two_foreign_runs_compare_and_say_that_their_prompts_are_unknown():
    (label,) = check(recorded_run("x", prompt_note="plain question"), recorded_run("y"))
    assert label == (
        "prompts and settings are unknown, the completions came from elsewhere: x (noted: plain question) against y"
    )


def test_a_foreign_run_beside_one_of_ours_needs_leave_for_prompt_and_settings():
    theirs = recorded_run("theirs", prompt_note="chat template")
    with pytest.raises(UserError, match=r"prompt of theirs is unknown \(noted: chat template\)") as refused:
        check(run(), theirs)
    assert "--allow prompt,settings" in refused.value.tip
    assert len(check(theirs, run(), "prompt", "settings")) == 2


def test_foreign_runs_on_other_data_or_scorers_are_still_refused():
    for changes in ({"data": OTHER_DATA}, {"scorers": {"final_answer": "f2"}}):
        with pytest.raises(UserError, match="differ"):
            check(recorded_run(), recorded_run(**changes))


def test_another_seed_is_not_another_question():
    assert check(run(settings=SAMPLED), run(settings=GenerationSettings(temperature=0.7, seed=5))) == ()


def test_top_p_matters_only_where_something_is_sampled():
    assert check(run(), run(settings=GenerationSettings(top_p=0.9))) == ()
    with pytest.raises(UserError, match="top_p"):
        check(run(settings=SAMPLED), run(settings=GenerationSettings(temperature=0.7, top_p=0.9)))


def test_stop_strings_read_back_as_a_list_are_the_same_settings():
    assert check(run(settings=GenerationSettings(stop=("\n",))), run(settings=GenerationSettings(stop=["\n"]))) == ()


def test_an_extra_scorer_on_one_side_is_no_mismatch():
    assert check(run(), run(scorers={"final_answer": "f1", "step_validity": "s1"})) == ()


def test_a_missing_scorer_of_the_primary_metric_is():
    with pytest.raises(UserError, match=r"scorers differ \(final_answer\)"):
        check(run(), run(scorers={"step_validity": "s1"}))
