"""The table of structure rules, in the order in which a broken one is named first."""

from __future__ import annotations

from collections.abc import Iterable

from harness.core.errors import unknown_name
from tasks.scoring.structure import content_rules, form_rules, text_rules
from tasks.scoring.structure.reading import Check, Rule


def _rule(name: str, description: str, check: Check, *, default: bool = True) -> Rule:
    return Rule(name=name, description=description, check=check, default=default)


RULES: tuple[Rule, ...] = (
    _rule("present", "every section is there", form_rules.every_section_present),
    _rule("once", "no section is there twice", form_rules.every_section_once),
    _rule("order", "the sections come in the declared order", form_rules.sections_in_order),
    _rule("closed", "every section is closed, and only what was open", form_rules.sections_closed),
    _rule("markers_whole", "no damaged tag such as </answer]", form_rules.markers_whole),
    _rule("nothing_before", "no text before the first section", form_rules.nothing_before),
    _rule("nothing_between", "no text between sections", form_rules.nothing_between),
    _rule("nothing_after", "no text after the last section", form_rules.nothing_after),
    _rule("not_empty", "every section has text", content_rules.sections_not_empty),
    _rule("not_copied", "the reasoning is more than the question", content_rules.reasoning_not_copied),
    _rule("boxed", r"the answer is in \boxed{} where the format says so", content_rules.answer_boxed),
    _rule("answer_parsable", "the answer section can be read", content_rules.answer_parsable),
    _rule("not_truncated", "the reply was not cut short", text_rules.not_truncated),
    _rule("steps", "the number of steps is within the limits set", content_rules.steps_within_limits),
    _rule("answer_type", "the answer is of the type asked for", content_rules.answer_of_type),
    _rule("length", "the reply is within the length set", text_rules.within_length),
    _rule("no_loop", "the reply does not end in a loop", text_rules.no_loop, default=False),
    _rule("one_script", "one script throughout", text_rules.one_script, default=False),
    _rule("exact_markers", "markers written as declared", form_rules.exact_markers, default=False),
    _rule("answer_in_its_place", "no answer in the reasoning only", content_rules.answer_in_its_place, default=False),
)


def chosen_rules(names: Iterable[str] | None) -> frozenset[str]:
    """The names of the rules that make `compliant`. Raises UserError for a name that is no rule."""
    if names is None:
        return frozenset(rule.name for rule in RULES if rule.default)
    known = [rule.name for rule in RULES]
    chosen = tuple(names)
    for name in chosen:
        if name not in known:
            raise unknown_name("structure rule", name, known, tip=f"the rules are: {', '.join(known)}.")
    return frozenset(chosen)
