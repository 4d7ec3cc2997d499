"""Whatever a model may write: no crash, no code run, no hang, no memory."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from tasks.scoring.step_validity import reasoning_steps
from tasks.scoring.steps import check_solution, split_steps

MARK = "/tmp/steps_were_executed"
ADVERSARIAL = {
    "power tower": "9**9**9**9 = 1",
    "latex power tower": "9^{9^{9^{9}}} = 1",
    "unicode power tower": "9⁹⁹⁹⁹ = 1",
    "huge exponent": "2^100000000 = 1",
    "negative huge exponent": "2^(-100000000) = 1",
    "fraction exponent": "2^(1/1000000007) = 1",
    "many squarings": "(((((2^900)^900)^900)^900)^900) = 1",
    "big product": " * ".join(["9" * 50] * 400) + " = 1",
    "factorial": "factorial(10**7) = 1",
    "factorial sign": "10000000! = 1",
    "iterated factorial": "5!!!!!!!!!! = 1",
    "binomial": r"\binom{10000000}{5000000} = 1",
    "float overflow": r"\exp(10000) = 1",
    "nested exp": r"\exp(\exp(\exp(100))) = 1",
    "root of a tower": r"\sqrt{9^{999999}} = 3",
    "division by zero": "1 / 0 = 1",
    "zero to a negative power": "0^(-1) = 0",
    "zero over zero": "0/0 = 1, so 1 = 2",
    "log of zero": r"\log(0) = 1",
    "log base one": r"\log_1 5 = 1",
    "root of a negative": r"\sqrt{-4} = 2",
    "even root of a negative": "(-8)^(1/2) = 3",
    "polynomial power": "(x + y + z)^24 = 1",
    "polynomial tower": "((x + 1)^20)^20 = (x + 1)^400",
    "many variables": " + ".join(f"x_{i} * y_{i}" for i in range(400)) + " = 1",
    "product of sums": "".join(f"(a_{i} + b_{i})" for i in range(60)) + " = 1",
    "gcd of giants": r"\gcd(10^{1000}, 10^{999}) = 1",
    "literal of a million digits": "1" * 1_000_000 + " = 1",
    "decimals without end": "0." + "3" * 1_000_000 + " = 1/3",
    "thousands groups": "1" + ",000" * 100_000 + " = 1",
    "one line of ten megabytes": "a" * 10_000_000,
    "ten megabytes of digits": "7 " * 5_000_000 + "= 1",
    "ten megabytes of equations": "1 + 1 = 2. " * 900_000,
    "ten megabytes of equals signs": "=" * 10_000_000,
    "many lines": "1 + 1 = 3\n" * 500_000,
    "newlines": "\n" * 1_000_000,
    "spaces": " " * 5_000_000 + "= 3",
    "deep parentheses": "(" * 100_000 + "1" + ")" * 100_000 + " = 1",
    "open parentheses": "(" * 100_000 + " = 1",
    "closing parentheses": ")" * 100_000 + " = 1",
    "alternating brackets": "([{" * 30_000 + "1" + "}])" * 30_000 + " = 1",
    "deep fractions": r"\frac{" * 20_000 + "1" + "}{2}" * 20_000 + " = 1",
    "deep mixed fractions": r"1\frac{" * 2_000 + "1" + "}{2}" * 2_000 + " = 1",
    "deep roots": r"\sqrt{" * 20_000 + "2" + "}" * 20_000 + " = 1",
    "unclosed latex": r"\frac{1}{" * 5_000 + " = 1",
    "open environments": r"\begin{pmatrix}" * 5_000 + " = 1",
    "boxed in boxed": r"\boxed{" * 10_000 + "1" + "}" * 10_000 + " = 1",
    "minus signs": "-" * 100_000 + "1 = 1",
    "plus signs": "1 " + "+" * 100_000 + " 1 = 2",
    "stars": "2 " + "*" * 100_000 + " 2 = 4",
    "slashes": "8" + "/2" * 50_000 + " = 1",
    "carets": "2" + "^2" * 50_000 + " = 1",
    "percent signs": "5" + "%" * 100_000 + " = 1",
    "exclamation marks": "3" + "!" * 100_000 + " = 6",
    "underscores": "x" + "_1" * 50_000 + " = 1",
    "commas": "1" + "," * 100_000 + "2 = 3",
    "annotations": "<<" * 50_000 + "1+1=2" + ">>" * 50_000,
    "annotation left open": "<<1+1=2 " * 20_000,
    "chain of equalities": " = ".join(["1 + 1"] * 20_000),
    "import": f"__import__('os').system('touch {MARK}') = 1",
    "eval": f'eval(\'__import__("os").system("touch {MARK}")\') = 2 + 2',
    "lambda": f"(lambda: open('{MARK}', 'w'))() = 0",
    "sympify bait": f"().__class__.__bases__[0].__subclasses__() + open('{MARK}','w').write('x') = 5",
    "format string": "{0.__class__.__init__.__globals__} = 5 % 1000000000d",
    "shell": f"$(touch {MARK}) = `touch {MARK}` = 3 * 4",
    "latex input": rf"\input{{/etc/passwd}} \write18{{touch {MARK}}} = 1",
    "template": "{{ 7 * 7 }} = 49",
    "NUL bytes": "2 + 2\x00 = \x005" + "\x00" * 1_000,
    "control characters": "".join(map(chr, range(32))) + "2 + 2 = 5",
    "lone surrogates": "\ud800 2 + 2 = \udfff 5",
    "mixed scripts": "٣ + ٤ = ٧ and ３ + ４ = ８ and 三 + 四 = 七 и 2 + 2 = 4",
    "right-to-left override": "\u202e5 = 2 + 2\u202c",
    "zero-width": "2\u200b + \u200b2\u200d = 5",
    "combining": "2\u0301 + 2\u0301 = " + "\u0301" * 10_000 + "5",
    "emoji": "🍎🍎 + 🍎 = 🍎🍎🍎 = 3️⃣" * 1_000,
    "superscript run": "2" + "²" * 10_000 + " = 4",
    "vulgar fractions": "½" * 20_000 + " = 1",
    "nan and inf": "nan = inf = -inf = 1e999 = Infinity",
    "scientific": "1e10 * 1e-10 = 1",
    "hex": "0x41 + 0b11 = 0o7",
    "tags": "<a>" * 50_000 + "1 + 1 = 3" + "</a>" * 50_000,
    "backslashes": "\\" * 100_000 + " = 1",
    "dollars": "$" * 100_000 + "1 + 1 = 2",
    "quotes": "\"'`" * 50_000 + "1 + 1 = 2",
    "words and signs": "cost of apples + " * 20_000 + "= 5",
    "soft relations": "2 + 2 is " * 20_000,
    "units": "5 apples per hour per day per week " * 5_000 + "= 5",
    "step labels": "Step 1: " * 20_000 + "x = 5",
    "alternating equations": "x = 1. x + 1 = 3. " * 5_000,
    "quadratics": "x^2 - 5x + 6 = 0\nx^2 + 7x - 3 = 0\n" * 3_000,
    "giant coefficients": "\n".join(f"{10**50 + i}x^8 + {10**49 - i}x^3 = {7**55}" for i in range(300)),
}


@pytest.mark.parametrize("text", ADVERSARIAL.values(), ids=ADVERSARIAL.keys())
def test_any_text_is_checked_without_a_crash_or_execution(text: str) -> None:
    for steps in ([text], split_steps(text)):
        check = check_solution(steps, text[:10_000])
        assert len(check.steps) == min(len(steps), 400)
    assert isinstance(reasoning_steps(text), list)
    assert not Path(MARK).exists()


def test_at_least_sixty_adversarial_inputs_stand_here() -> None:
    assert len(ADVERSARIAL) >= 60


@pytest.mark.slow
@pytest.mark.parametrize("name", ADVERSARIAL)
def test_any_text_takes_little_memory(name: str) -> None:
    text = ADVERSARIAL[name]
    tracemalloc.start()
    try:
        check_solution(split_steps(text))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200 * 2**20


def test_checking_imports_neither_sympy_nor_a_parser_of_python() -> None:
    code = (
        "import sys; from tasks.scoring.steps import check_solution; check_solution(['x^2 = 4', 'x = 3', '2 + 2 = 5']);"
        "sys.exit(any(m in sys.modules for m in ('sympy', 'numpy', 'math_verify')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("n", [200, 900, 2000])
@pytest.mark.parametrize("operator", ["+", "*", "/", "^"])
@pytest.mark.parametrize("operand", ["x", "1", "(y)"])
def test_a_chain_of_any_length_is_read_without_an_error(n, operator, operand):
    chain = f" {operator} ".join([operand] * n)
    assert len(check_solution([f"x = {chain} = 1", f"{chain} = {chain}"]).steps) == 2
