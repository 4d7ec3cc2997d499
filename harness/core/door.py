"""What `import harness` offers beyond the records: names that load when they are used, and where they stand."""

from __future__ import annotations

VERBS = {
    "evaluate": "harness.api.evaluate:evaluate",
    "resume": "harness.api.evaluate:resume",
    "score": "harness.api.score:score",
    "compare": "harness.api.compare:compare",
    "report": "harness.api.report:report",
    "load_run": "harness.api.runs:load_run",
    "list_runs": "harness.api.runs:list_runs",
    "history_page": "harness.api.runs:history_page",
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
NOUNS = {
    "CheckedSteps": "tasks.scoring.steps.checked:CheckedSteps",
    "ComparedMany": "harness.audits.matrix:ComparedMany",
    "ComparedRuns": "harness.audits.compared:ComparedRuns",
    "FoundOverlaps": "harness.audits.contaminated:FoundOverlaps",
    "LiveModel": "harness.gemma.live:LiveModel",
    "NoiseFloor": "harness.audits.noise.records:NoiseFloor",
    "Sampling": "harness.runner.invocation:Sampling",
    "StoredRun": "harness.store.stored:StoredRun",
    "check_task_contract": "harness.testing:check_task_contract",
    "data_info": "harness.data.identity:data_info",
    "final_answer": "tasks.scoring.final_answer:final_answer",
    "local_docs": "harness.data.questions:local_docs",
    "response_format": "harness.core.reply.presets:response_format",
    "step_validity": "tasks.scoring.step_validity:step_validity",
    "structure": "tasks.scoring.structure:structure",
}
"""What verbs take and return, and what a task file needs."""
