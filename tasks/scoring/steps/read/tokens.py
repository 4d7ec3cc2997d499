"""Text to tokens: one linear pass over plain text, Unicode operators, Markdown and LaTeX."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from tasks.scoring.steps.read.limits import MAX_LITERAL_DIGITS, MAX_STEP_CHARS, MAX_TOKENS

TokenKind: TypeAlias = Literal[
    "num",  # a literal; `value` is set
    "word",
    "op",  # + - * / ^ !
    "rel",  # = < > <= >= != ~=
    "open",  # ( [ {
    "close",
    "percent",
    "currency",
    "command",  # a LaTeX command or a Unicode sign with arguments: frac, sqrt, ...
    "sub",  # _
    "annotation",  # << or >>
    "stop",  # ends a clause: full stop, semicolon, colon, question mark, arrow, line end
    "comma",
    "opaque",  # anything the grammar does not know
]


class Token(NamedTuple):
    """One token; `start` and `end` are characters of the text."""

    kind: TokenKind
    text: str
    start: int
    end: int
    value: int | Fraction = 0
    gap: bool = False
    """A formula or quotation mark stands before it: `\\(`, `$`, `"`."""
    prose: bool = False
    """Inside `\\text{}`: never a variable."""


_SAME_LENGTH = {
    **dict.fromkeys("×✕✖⨉·⋅∗∙", "*"), **dict.fromkeys("∕⁄", "/"), **dict.fromkeys("−–﹣－‐‑", "-"), "＋": "+",
    "＝": "=",
    "－": "-", "％": "%", "（": "(", "）": ")", "，": ",", "：": ":", "—": ";", "•": "\n", "●": "\n", "▪": "\n",
    "◦": "\n",
    **dict.fromkeys("“”„«»", '"'), **dict.fromkeys("’‘`", "'"),
    **dict.fromkeys("\u00a0\u2009\u202f\u2003\u2002\u3000\t\r\f\v", " "),
    "≦": "≤", "≧": "≥", "≃": "≈", "≅": "≈", "⇒": "→", "⟹": "→", "➔": "→", "➝": "→", "∴": "→", "〖": "(", "〗": ")",
    "。": ".", "．": ".", "।": ".", "、": ",", "،": ",", "٫": ".", "٬": ",", "；": ";", "？": "?", "！": ".",
    "\u200b": " ", "\u200d": " ", "\u2060": " ", "\ufeff": " ",
    **{chr(zero + d): str(d) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xBE6, 0xC66, 0xCE6, 0xE50, 0xFF10)
       for d in range(10)},
}  # fmt: skip
"""Signs, marks and digits of other scripts, each for one character of ours, so that spans stay."""
_TRANSLATE = str.maketrans(_SAME_LENGTH)
assert all(len(new) == 1 for new in _SAME_LENGTH.values())

_VULGAR = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
           "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8)}  # fmt: skip
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

_PATTERN = re.compile(
    r"""
    (?P<prime>(?<![^\W\d_])[A-Za-z]'+(?![^\W\d_]))
  | (?P<word>[^\W\d_²³¹⁰⁴-⁹½¼¾⅐-⅞π]+(?:['&-][^\W\d_²³¹⁰⁴-⁹½¼¾⅐-⅞π]+)*)
  | (?P<recurring>\d*\.\d*\\overline\s*\{\d{1,20}\})
  | (?P<code>\d+(?::\d+)+|\d+(?:st|nd|rd|th)\b)
  | (?P<num>(?<=frac)\d|(?<=frac\d)\d|\d+(?:(?:,|\{,\}|\\,|\\!,)\d{3})+(?![\d])(?:\.\d+)?|\d*\.\d+|\d+)
  | (?P<tag></?[A-Za-z_]{1,30}>)
  | (?P<annotation><<|>>)
  | (?P<arrow>=>|->|-->|→|\n[ ]*\n)
  | (?P<rel><=|>=|==|!=|~=|[=<>≤≥≠≈])
  | (?P<star>\*\*+)
  | (?P<op>[-+*/^!])
  | (?P<division>÷)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<text>\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it)|mbox|operatorname|boxed|fbox|bold(?:symbol)?)\*?\s*\{)
  | (?P<matrix>\\begin\s*\{(?:[pbvVB]?matrix|smallmatrix|array|tabular|cases)\}.*?
      \\end\s*\{(?:[pbvVB]?matrix|smallmatrix|array|tabular|cases)\})
  | (?P<env>\\(?:begin|end)\s*\{[A-Za-z]{1,12}\*?\}(?:\{[clr|]{1,12}\})?)
  | (?P<command>\\[A-Za-z]+|\\[^A-Za-z])
  | (?P<percent>%)
  | (?P<currency>[$€£¥₹])
  | (?P<dots>\.\.\.+|…|⋯)
  | (?P<stop>[.;:?\n])
  | (?P<comma>,)
  | (?P<sub>_)
  | (?P<vulgar>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])
  | (?P<super>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
  | (?P<quote>["])
  | (?P<opaque>[^\s])
    """,
    re.VERBOSE | re.DOTALL,
)

_OPERATOR_COMMANDS = {"times": "*", "cdot": "*", "div": "/", "ast": "*"}
_RELATION_COMMANDS = {
    "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<", "gt": ">",
    "ne": "!=", "neq": "!=", "approx": "~=", "simeq": "~=", "cong": "~=",
}  # fmt: skip
_RELATION_SIGNS = {"≤": "<=", "≥": ">=", "≠": "!=", "≈": "~=", "==": "="}
_ARGUMENT_COMMANDS = {"frac": "frac", "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "sqrt": "sqrt",
    "binom": "binom",
                      "dbinom": "binom", "overline": "overline"}  # fmt: skip
_FUNCTION_COMMANDS = {"sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "exp", "arcsin", "arccos", "arctan",
                      "gcd", "max", "min", "lcm"}  # fmt: skip
_SILENT_COMMANDS = {
    "left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "Bigg", "displaystyle", "textstyle",
    "quad", "qquad", "limits",
    "hspace", "boxed", "nonumber", "hfill", "bf", "rm", "scriptstyle", "mathstrut", "biggl", "biggr", "Biggl", "Biggr",
}  # fmt: skip
_STOP_COMMANDS = {"implies", "Rightarrow", "rightarrow", "to", "Longrightarrow", "iff", "Leftrightarrow", "therefore",
                  "because", "newline", "longrightarrow", "and", "tag", "hline"}  # fmt: skip
_GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "theta", "lambda", "mu", "sigma", "phi", "varphi",
    "omega", "rho", "tau", "pi", "ell", "eta", "zeta", "kappa", "nu", "xi", "psi", "chi", "Delta", "Omega", "Gamma",
}  # fmt: skip
_DEGREES = {"circ", "degree"}


_DECIMAL_COMMA = re.compile(r"(?<![\d,(.])\d{1,3}(?:\.\d{3})*,\d{2}(?![\d,)])")
_DECIMAL_POINT = re.compile(r"\d\.\d{1,2}(?![\d.])|\d,\d{3}(?!\d)")
_MARKED_NUMBER = re.compile(r"\d[\d.,]*\d")
_SWAPPED_MARKS = str.maketrans(",.", ".,")
_TABLE_ROW = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)


def _has_decimal_commas(text: str) -> bool:
    """Two numbers or more are written like 2,50 or 1.200,00, and none like 2.50 or 1,200."""
    if "," not in text or _DECIMAL_POINT.search(text) is not None:
        return False
    return len(_DECIMAL_COMMA.findall(text)) > 1


_PLAIN = frozenset({"word", "op", "percent", "comma", "annotation"})
"""Token kinds whose text is the match."""


def tokenise(text: str) -> list[Token]:
    """The tokens of one step; text past the cap is not read. Linear in the length, never raises.

    >>> [t.text for t in tokenise(r"He had 1,200 \\times 2 = \\$2,400.")]
    ['He', 'had', '1,200', '*', '2', '=', '2,400', '.']
    """
    text = text[:MAX_STEP_CHARS]
    if not text.isascii():
        text = text.translate(_TRANSLATE)
    if _has_decimal_commas(text):
        text = _MARKED_NUMBER.sub(lambda match: match.group().translate(_SWAPPED_MARKS), text)
    return _Tokeniser(text).run()


class _Tokeniser:
    """State of one pass: braces that only group text are dropped together with their command."""

    __slots__ = ("braces", "gap", "is_table", "text", "text_depth", "tokens")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.braces: list[str] = []
        self.text_depth = 0
        self.gap = False
        self.is_table = "|" in text and _TABLE_ROW.search(text) is not None

    def run(self) -> list[Token]:
        tokens = self.tokens
        add, new = tokens.append, tuple.__new__  # twice as fast as calling the class, for most of the tokens
        for match in _PATTERN.finditer(self.text):
            kind = match.lastgroup
            if kind in _PLAIN or (kind == "num" and self._is_small(match)):
                text = match.group()
                value = int(text) if kind == "num" else 0
                start, end = match.span()
                add(new(Token, (kind, text, start, end, value, self.gap, self.text_depth > 0)))
                self.gap = False
            else:
                getattr(self, f"_{kind}")(match)
            if len(tokens) >= MAX_TOKENS:
                break
        return tokens

    @staticmethod
    def _is_small(match: re.Match[str]) -> bool:
        text = match.group()
        return len(text) < 3 and text.isdecimal() and text.isascii()

    def _add(self, kind: TokenKind, text: str, match: re.Match[str], value: int | Fraction = 0) -> None:
        self.tokens.append(Token(kind, text, match.start(), match.end(), value, self.gap, self.text_depth > 0))
        self.gap = False

    def _rel(self, match: re.Match[str]) -> None:
        sign = match.group()
        self._add("rel", _RELATION_SIGNS.get(sign, sign), match)

    def _num(self, match: re.Match[str]) -> None:
        written = match.group()
        if len(written) > 2 and written[0] == "0" and written.isdecimal():
            self._add("opaque", written, match)  # 0730 is a time
            return
        if written.isdecimal() and len(written) <= MAX_LITERAL_DIGITS and written.isascii():
            self._add("num", written, match, int(written))
            return
        digits = re.sub(r"[^\d.]", "", written)
        if len(digits) > MAX_LITERAL_DIGITS or not digits.isascii():
            self._add("opaque", written, match)
            return
        whole, _, part = digits.partition(".")
        value = Fraction(int((whole + part) or "0"), 10 ** len(part)) if part else int(whole)
        self._add(
            "num", whole + "." + part if part else whole if "\\" in written or "{" in written else written, match, value
        )

    def _star(self, match: re.Match[str]) -> None:
        """`2**3` and `2 ** 3` are powers; every other double star is Markdown."""
        before = self.text[match.start() - 1 : match.start()]
        after = self.text[match.end() : match.end() + 1]
        tight = (before.isalnum() or before in (")", "]")) and (after.isalnum() or after in "(-")
        spaced = before == " " and after == " " and len(match.group()) == 2
        if match.end() - match.start() == 2 and before and after and (tight or spaced):
            self._add("op", "^", match)
        else:
            self.gap = True

    def _division(self, match: re.Match[str]) -> None:
        """`÷` divides by the whole fraction behind it: `15÷1/2`. Its token has the value 1."""
        self._add("op", "/", match, 1)

    def _open(self, match: re.Match[str]) -> None:
        if match.group() == "{":
            self.braces.append("{")
        self._add("open", match.group(), match)

    def _close(self, match: re.Match[str]) -> None:
        if match.group() == "}" and self.braces:
            opened = self.braces.pop()
            if opened != "{":
                self.text_depth -= opened == "text"
                self.gap = self.gap or opened != "text"
                return
        self._add("close", match.group(), match)

    def _text(self, match: re.Match[str]) -> None:
        kind = "box" if "box" in match.group() or "math" in match.group() or "bold" in match.group() else "text"
        self.braces.append(kind)
        self.text_depth += kind == "text"

    def _env(self, match: re.Match[str]) -> None:
        self._add("stop", "\n", match)

    def _command(self, match: re.Match[str]) -> None:
        name = match.group()[1:]
        if name in _OPERATOR_COMMANDS:
            self._add("op", _OPERATOR_COMMANDS[name], match, int(name == "div"))
        elif name in _RELATION_COMMANDS:
            self._add("rel", _RELATION_COMMANDS[name], match)
        elif name in _ARGUMENT_COMMANDS:
            self._add("command", _ARGUMENT_COMMANDS[name], match)
        elif name in _FUNCTION_COMMANDS:
            self._add("command", name.replace("arc", "a"), match)
        elif name in _GREEK:
            self._add("word", name, match)
        elif name in _STOP_COMMANDS or name == "\\":
            self._add("stop", "\n" if name == "\\" else ";", match)
        elif name in "()":
            self.gap = True
        elif name in "[]":
            self._add("stop", "\n", match)
            self.gap = True
        elif name == "%":
            self._add("percent", "%", match)
        elif name in ("lfloor", "lceil", "rfloor", "rceil"):
            self._add("open" if name[0] == "l" else "close", name, match)
        elif name in ("{", "}"):
            self._add("opaque", name, match)
        elif name in _DEGREES:
            self._add("word", "degrees", match)
        elif not (name in _SILENT_COMMANDS or name in ",;:! $&\n"):
            self._add("opaque", match.group(), match)

    def _currency(self, match: re.Match[str]) -> None:
        """Kept only as a gap: `$5` is a price or a formula, and both read the same."""
        self.gap = True

    def _prime(self, match: re.Match[str]) -> None:
        self._add("word", match.group(), match)

    def _recurring(self, match: re.Match[str]) -> None:
        """`0.1\\overline{6}` is exactly 1/6."""
        whole, _, rest = match.group().partition(".")
        fixed, _, cycle = rest.partition("\\overline")
        cycle = cycle.strip("{} ")
        tail = Fraction(int(cycle), (10 ** len(cycle) - 1) * 10 ** len(fixed))
        value = int(whole or "0") + Fraction(int(fixed or "0"), 10 ** len(fixed)) + tail
        self._add("num", f"{whole}.{fixed}({cycle})" if len(match.group()) < 60 else "recurring", match, value)

    def _code(self, match: re.Match[str]) -> None:
        """A time, a ratio, an ordinal."""
        self._add("opaque", match.group(), match)

    def _matrix(self, match: re.Match[str]) -> None:
        self._add("opaque", "matrix", match)

    def _tag(self, match: re.Match[str]) -> None:
        self._add("stop", ";", match)

    def _dots(self, match: re.Match[str]) -> None:
        self._add("opaque", "...", match)

    def _stop(self, match: re.Match[str]) -> None:
        is_ratio = match.group() == ":" and self.text[match.start() - 1 : match.start()] == " "
        self._add("opaque" if is_ratio else "stop", match.group(), match)

    def _arrow(self, match: re.Match[str]) -> None:
        self._add("stop", "\n" if "\n" in match.group() else "->", match)

    def _sub(self, match: re.Match[str]) -> None:
        self._add("sub", "_", match)

    def _vulgar(self, match: re.Match[str]) -> None:
        self._add("num", match.group(), match, Fraction(*_VULGAR[match.group()]))

    def _super(self, match: re.Match[str]) -> None:
        digits = match.group().translate(_SUPERSCRIPT)
        self._add("op", "^", match)
        self._add("num" if len(digits) <= 4 else "opaque", digits, match, int(digits[:4]))

    def _quote(self, match: re.Match[str]) -> None:
        self.gap = True

    def _opaque(self, match: re.Match[str]) -> None:
        character = match.group()
        if character == "√":
            self._add("command", "sqrt", match)
        elif character == "π":
            self._add("word", "pi", match)
        elif character == "°":
            self._add("word", "degrees", match)
        elif character == "¢":
            self._add("word", "cents", match)
        elif character == "'" and self.text[match.start() - 1 : match.start()] not in (")", "]", "}", *"0123456789"):
            self.gap = True
        elif character == "|" and self.is_table:
            self._add("stop", ";", match)
        elif character not in "#&~":
            self._add("opaque", character, match)
