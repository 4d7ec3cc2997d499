"""Whether two models were asked the same: what each read of the prompts, as far as their runs tell."""

from __future__ import annotations

from collections.abc import Mapping

from harness.core.records import Run


def input_difference(baseline: Run, candidate: Run) -> str:
    """In words, what was otherwise about the input of the two models; empty where nothing is known to have been.

    Runs of before the whole input was hashed are held to what they tell of: tokenizer and template, or endpoint.
    """
    if _known(baseline) and _known(candidate):
        if _known(baseline) == _known(candidate):
            return ""
        return f"what the models read of the prompts differs ({_how(baseline)} against {_how(candidate)})"
    before, after = _told(baseline), _told(candidate)
    found = [name for name in before.keys() & after.keys() if before[name] != after[name]]
    return f"{' and '.join(sorted(found))} differ ({_how(baseline)} against {_how(candidate)})" if found else ""


def input_labels(baseline: Run, candidate: Run) -> tuple[str, ...]:
    """What must be said of the input of two runs that compare."""
    if _known(baseline) and _known(candidate):
        before, after = baseline.model.tokenizer_hash, candidate.model.tokenizer_hash
        if before and after and before != after and _known(baseline) == _known(candidate):
            return (f"tokenizer files differ ({before[:8]} against {after[:8]}), but every prompt had the same tokens",)
        return ()
    unknown = [run for run in (baseline, candidate) if not _known(run)]
    if len(unknown) == 1 and not _told(baseline).keys() & _told(candidate).keys():
        return (f"what {unknown[0].model.name} read of the prompts is not known: its run does not tell",)
    return ()


def _known(run: Run) -> str:
    return run.identity.input if run.identity is not None else ""


def _told(run: Run) -> Mapping[str, str]:
    """Parts of the input that runs have always told of."""
    found = {"tokenizers or chat templates": run.model.tokenizer_hash} if run.model.tokenizer_hash else {}
    if run.model.backend == "http":
        found |= {f"{name}s": str(run.model.detail.get(name, "")) for name in ("endpoint", "template")}
    return found


def _how(run: Run) -> str:
    words = run.identity.reads if run.identity is not None else ""
    template = run.model.tokenizer_hash or str(run.model.detail.get("endpoint", ""))
    said = words or (f"tokenizer {template[:8]}" if template else "not told")
    return f"{run.model.name}: {said}"
