"""What stands right before or after a number and makes of it something else than its value."""

from __future__ import annotations

import re

_MONEY = r"(?:\\?[$€£¥₹])?"
_NOT_FROM = r"(?<![\d.,])(?<!\bfrom )(?<!\bfrom \$)\d[\d.,]*"
_SHARES = "halves|thirds|fourths|fifths|sixths|sevenths|eighths|ninths|tenths|twelfths|hundredths|thousandths"
_LENGTH = r"(?:[ ]?(?:mm|cm|m|km|in|inch|inches|ft|feet|foot|yards?|met(?:er|re)s?|miles?))?"
_END = r"\W*(?:\n|<|\Z|(?<=[.!?])\s)"
"""The end of the sentence, the line or the section."""
_OPENING = r"[*$\\(]{0,4}\Z"

BOUND_AFTER = re.compile(
    "|".join((
        r"[ ]?(?:√|π|\\sqrt|\\pi\b|pi\b|±|\\pm\b)",  # 2√3, 2π, 2 ± 1
        r"[abefijknpqrt-z](?=\$)|[abcefijknopqrtu-zKM](?![A-Za-z])",  # $2k$, 2x
        r"[ ]?:[ ]?(?!00(?!\d))\d|/\d|_[\d{]|\^[A-Za-z({]|\.\.+\d",  # 2:30, 2/3/2024, 2_8, 2^x, 2..4
        r"\+(?=[\s.,]|\Z)|[ ]?[-+×/÷]\W*(?:\n|<|\Z)|[ ](?:plus|minus)\W*(?:\n|<|\Z)",  # 2+, and a sum cut off
        rf"(?:[-–]|-to-|[ ](?:to|or|through|per|choose)[ ]){_MONEY}\d",  # 2-3, 2 to 3, 2 or 3
        rf"{_LENGTH}[ ](?:by|x|×)[ ]\d",  # 2 cm by 3 cm
        r",?[ ]\(?(?:or|maybe|perhaps|possibly)[ ]\(?\d",  # 2, maybe 3
        r"[ ](?:ft|feet|hours?|hrs?|h|lbs?|pounds)[ ]\d",  # 2 ft 3
        rf"[ ](?:squared|cubed|factorial|to the|mod|below zero|{_SHARES})\b",
        r"(?:[ ][a-z]{2,10})?[ ]and an? (?:half|third|quarter|fourth)\b",  # 2 hours and a half
        rf"[ ]or (?:more|fewer|less|higher|lower|above|below)\b|[ ]at (?:most|least){_END}",
        r"!(?=[(/\d^$]|[ ]?[-+*/])",  # 2!/3
        r"[ ]?(?:R|r|remainder)[ ]?\d",  # 2 R 1
        r",?[ ](?:which )?(?:is|was) (?:wrong|incorrect|not)\b",
    ))
)  # fmt: skip
BOUND_BEFORE = re.compile(
    "(?:"
    + "|".join((
        r"√|\\sqrt\{?|frac\{|\}\{|\b(?:sqrt|log|ln|exp|sin|cos|tan|abs|[A-Za-z])\(",  # √2, f(2)
        r"\d:|\d[ ]:[ ]|\d[-–]|-to-|\d[ ](?:or|through|per|choose)[ ]|\d/|\.\.+|±[ ]?|\\pm[ ]?",  # the 3 of 2:3
        r"\b(?:root|log|ln|twice|double|triple|half|between)[ ]",
        r"\b(?:root|half|third|quarter|percent|double|twice|log base)[ ]of[ ]|\b(?:two|three|four|five) times[ ]",
        rf"\bbetween[ ]\S{{1,12}}[ ]and[ ]|\d{_LENGTH}[ ](?:by|x|×)[ ]|{_NOT_FROM}[ ]to[ ]",
    ))
    + rf"){_MONEY}\Z"
)  # fmt: skip
AND_MORE = re.compile(r"[ ](?:and|plus)[ ]\d")
"""In "2 dozen and 3" the dozens are a part."""
OF_ANOTHER = re.compile(r"[ ]of[ ]\$?\d")
"""In "25% of 80" the percentage is a part."""

_OPERATOR = (
    r"(?:[ ]?(?:[×÷·+x−–-]|\\(?:times|cdot|div)\b)[ ]?|[ ]\*[ ]|\*{1,2}|[ ]/[ ]|"
    r"[ ](?:plus|minus|less|times|divided by|multiplied by)[ ])"
)
OPERATOR_AFTER = re.compile(rf"{_OPERATOR}(?:{_MONEY}\d|[b-hj-z](?![A-Za-z]))")
OPERATOR_BEFORE = re.compile(rf"(?:\d|\b\d{{0,9}}[a-z]){_OPERATOR}{_MONEY}\Z")
_SHARE = r"[ ](?:over|out of|in|of(?: the)?|(?:more|less|fewer) than)[ ]\$?"
SHARE_AFTER = re.compile(rf"{_SHARE}\d[\d,]*(?:\.\d+)?{_END}")
"""In "7 over 4." a fraction; in "7 over 4 weeks" the 4 counts weeks."""
SHARE_BEFORE = re.compile(rf"\d{_SHARE}\Z")
ENDS_SENTENCE = re.compile(_END)
LABEL_BEFORE = re.compile(r"\b[A-Z][a-z]{2,9}[ ]\d{1,3}[ ][-–][ ]\$?\Z")
"""In "Day 5 - 18 eggs" the dash is none that subtracts."""

DENIED = re.compile(
    r"~~\Z|(?:\b(?:no longer|anything but|different from|other than|unlikely to be|wrong:|not|cannot|never|neither)|"
    rf"≠|!=|\\neq?\b|n['’]t)[ ]?(?:equal to[ ]|be[ ]|just[ ]|only[ ])?{_OPENING}",
    re.IGNORECASE,
)
_LIMIT = (
    "(?:less|greater|more|fewer) than or equal to|(?:not |no )?(?:more|less|fewer) than|"
    "(?:greater|smaller|larger) than|at (?:least|most|minimum|maximum)|up to|under|above|below"
)
LIMITED = re.compile(
    rf"(?:\b(?:{_LIMIT})|(?:[<≤≥]|(?<!<\w)(?<!/\w)(?<!\w\w)>)=?|\\[lg](?:eq?|t)\b)[ ]?{_OPENING}", re.IGNORECASE
)
"""At least, less than, >; the > of a tag is none."""
STARTS_LIMITED = re.compile(rf"[\s*$\\(]*(?:(?:{_LIMIT})\b|[<>≤≥](?![A-Za-z/])|\\[lg](?:eq?|t)\b)", re.IGNORECASE)
REQUIRED = re.compile(r"\b(?:must|needs?|needed|has to|have to|required|requires?|should)\b", re.IGNORECASE)
