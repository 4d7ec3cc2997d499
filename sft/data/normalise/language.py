"""Main script of a text, and a rough guess at its language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

_COMMON = {
    "en": "a an the of on at as it i and to in is are how many much does if each has have for with she he they was all",
    "es": "el la los las de que en un una cuántos cuánto si cada tiene para con por es son y su más total cuántas",
    "fr": "le la les des de que dans un une combien si chaque pour avec est sont et sa son plus par elle il au",
    "de": "der die das und von zu in ein eine wie viele viel wenn jede jeder hat für mit ist sind sie er pro als",
    "it": "il lo la gli le di che in un una quanti quanto se ogni ha per con è sono e suo più quante della",
    "pt": "o a os as de que em um uma quantos quanto se cada tem para com por é são e seu mais quantas dos",
    "nl": "de het een van en in hoeveel als elk elke heeft voor met is zijn ze hij per dan wat alle er",
}
_LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _words in _COMMON.items():
    for _word in dict.fromkeys(_words.split()):
        _LANGUAGES_OF.setdefault(_word, []).append(_language)
_OF_SCRIPT = {"HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "THAI": "th", "GREEK": "el", "HEBREW": "he"}
_OF_SCRIPT |= {"DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te", "CJK": "zh", "ARABIC": "ar"}
_WORD = re.compile(r"[^\W\d_]+")
_MIN_WORDS = 6
UNKNOWN = "und"
"""ISO 639's name for a language that is not determined."""


def main_script(text: str) -> str:
    """The script of most letters, as Unicode names it ('LATIN', 'DEVANAGARI', 'CJK'); empty without letters."""
    if text.isascii():
        return "LATIN" if any(map(str.isalpha, text)) else ""
    counts = Counter(_script(character) for character in text if character.isalpha())
    return counts.most_common(1)[0][0] if counts else ""


def guess_language(text: str) -> str:
    """ISO 639-1 of the language, 'und' where it cannot be told: by script, for Latin by its commonest words.

    >>> guess_language("How many clips does she have if he has two of them?"), guess_language("3 + 4")
    ('en', 'und')
    """
    script = main_script(text)
    if script == "CJK" and any(_script(character) in ("HIRAGANA", "KATAKANA") for character in text):
        return "ja"
    if script != "LATIN":
        return _OF_SCRIPT.get(script, UNKNOWN)
    words = _WORD.findall(text.casefold())
    if len(words) < _MIN_WORDS:
        return UNKNOWN
    hits = Counter(language for word in words for language in _LANGUAGES_OF.get(word, ()))
    (best, most), (_, second) = [*hits.most_common(2), (UNKNOWN, 0), (UNKNOWN, 0)][:2]
    return best if most >= 0.1 * len(words) and most > 1.2 * second else UNKNOWN


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    return unicodedata.name(character, "UNKNOWN").split()[0]
