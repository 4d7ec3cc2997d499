"""The front door, one file a verb: names or objects in, records out; nothing is printed.

Verbs load when they are used: `harness.evaluate` is the function of that name in `harness/api/evaluate.py`.
"""

from __future__ import annotations

VERBS = {
    "evaluate": "harness.api.evaluate:evaluate",
    "resume": "harness.api.evaluate:resume",
    "score": "harness.api.score:score",
    "compare": "harness.api.compare:compare",
    "report": "harness.api.report:report",
    "load_run": "harness.api.runs:load_run",
    "list_runs": "harness.api.runs:list_runs",
    "prepare": "harness.api.prepare:prepare",
    "train": "harness.api.train:train",
    "plan": "harness.api.plan:plan",
    "probe": "harness.api.probe:probe",
    "noise_floor": "harness.api.noise:noise_floor",
    "find_contamination": "harness.api.contamination:find_contamination",
    "check_steps": "harness.api.steps:check_steps",
    "lint": "harness.api.lint:lint",
    "export_lm_eval": "harness.api.export:export_lm_eval",
    "new_task": "harness.api.new_task:new_task",
    "list_tasks": "harness.api.tasks:list_tasks",
    "demo": "harness.api.demo:demo",
}
"""Every verb and where it stands."""
