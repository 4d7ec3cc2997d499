"""No worse candidate passes the gate without a word; `benchmarks/gate_attacks.py` tries all ways, this some of each."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
EVERY = 4
"""Of the attacks, in their order: some of each family."""


@pytest.fixture(scope="module")
def attacks() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import gate_attacks

        return gate_attacks
    finally:
        sys.path.remove(str(BENCHMARKS))


def test_an_honest_comparison_is_told_as_it_is(attacks):
    import attack_models

    assert attacks.judge(lambda: (attack_models.base(), attack_models.worse()))[0] == "fail"
    better = attacks.judge(lambda: (attack_models.base(), attack_models.worse(right=0.99)))
    assert better[0] == "PASSED SILENTLY"  # as an honest candidate should
    assert better[1].startswith("Better: accuracy ")


def test_no_attack_of_a_sample_passes_without_a_word(attacks):
    assert len(attacks.ATTACKS) >= 60
    tried = dict(list(attacks.ATTACKS.items())[::EVERY])
    assert {name: found for name, made in tried.items() if (found := attacks.judge(made))[0] == "PASSED SILENTLY"} == {}


@pytest.mark.slow
def test_no_attack_passes_without_a_word(attacks):
    assert attacks.main() == 0
