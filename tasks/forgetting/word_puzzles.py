"""Puzzles about the spelling, order and sense of words."""

from __future__ import annotations

from collections.abc import Callable

from tasks.forgetting import vocabulary
from tasks.forgetting.puzzle import Puzzle
from tasks.gsm_style.rng import Rng

_WORD = "Answer with the word only,"
_ALL = tuple(sorted({word for words in vocabulary.CATEGORIES.values() for word in words}))
_DOUBLED = tuple(word for word in _ALL if len(set(word)) < len(word))
"""Words in which some letter comes back."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def reverse(rng: Rng) -> Puzzle:
    """A word from back to front."""
    word = rng.pick([word for word in _ALL if len(word) <= 6 and word != word[::-1]])
    return Puzzle(
        question=f'Write the word "{word}" backwards.',
        ask="Answer with the letters only,",
        target=word[::-1],
        answer="letters",
    )


def count_letter(rng: Rng) -> Puzzle:
    """How often a letter stands in a word that has it."""
    word = rng.pick(_DOUBLED)
    often = [letter for letter in sorted(set(word)) if word.count(letter) > 1]
    letter = rng.pick(often if rng.below(2) else sorted(set(word) - set(often)))
    return Puzzle(
        question=f'How many times does the letter "{letter}" stand in the word "{word}"?',
        ask="Answer with the number only,",
        target=str(word.count(letter)),
        answer="number",
    )


def letter_at(rng: Rng) -> Puzzle:
    """The letter at a place of a word."""
    word = rng.pick([word for word in _ALL if len(word) >= 5])
    place = rng.below(len(_ORDINALS))
    return Puzzle(
        question=f'What is the {_ORDINALS[place]} letter of the word "{word}"?',
        ask="Answer with the letter only,",
        target=word[place],
        answer="letters",
    )


def alphabet(rng: Rng) -> Puzzle:
    """Which of four words stands first, or last, in a dictionary."""
    words = _different_starts(rng, 4)
    first = rng.below(2) == 0
    ordered = sorted(words)
    return Puzzle(
        question=f"Which of these words stands {'first' if first else 'last'} in a dictionary: {', '.join(words)}?",
        ask=_WORD,
        target=ordered[0] if first else ordered[-1],
        options=tuple(words),
    )


def odd_one_out(rng: Rng) -> Puzzle:
    """Three words of one kind and a stranger."""
    kind, other = rng.sample(sorted(vocabulary.CATEGORIES), 2)
    stranger = rng.pick(vocabulary.CATEGORIES[other])
    words = rng.sample([*rng.sample(vocabulary.CATEGORIES[kind], 3), stranger], 4)
    return Puzzle(
        question=f"Which of these words does not belong with the others: {', '.join(words)}?",
        ask=_WORD,
        target=stranger,
        options=tuple(words),
    )


def anagram(rng: Rng) -> Puzzle:
    """Which of four words of one length a jumble of letters gives."""
    length = 5 + rng.below(2)
    words = rng.sample([word for word in _ALL if len(word) == length], 4)
    target = words[rng.below(4)]
    jumble = _shuffled(rng, target)
    return Puzzle(
        question=f'Which of these words has the same letters as "{jumble}": {", ".join(words)}?',
        ask=_WORD,
        target=target,
        options=tuple(words),
    )


def longest(rng: Rng) -> Puzzle:
    """The longest of four words of four lengths."""
    by_length = {n: [word for word in _ALL if len(word) == n] for n in (3, 4, 5, 6, 7)}
    words = [rng.pick(by_length[n]) for n in rng.sample([n for n in by_length if by_length[n]], 4)]
    return Puzzle(
        question=f"Which of these words has the most letters: {', '.join(words)}?",
        ask=_WORD,
        target=max(words, key=len),
        options=tuple(words),
    )


def initials(rng: Rng) -> Puzzle:
    """The first letters of four words."""
    words = _different_starts(rng, 4)
    return Puzzle(
        question=f"Which letters do you get when you take the first letter of each of these words: {', '.join(words)}?",
        ask="Answer with the letters only,",
        target="".join(word[0] for word in words),
        answer="letters",
    )


def _different_starts(rng: Rng, count: int) -> list[str]:
    """Words of which no two begin alike."""
    words: list[str] = []
    for word in rng.sample(_ALL, len(_ALL)):
        if len(words) < count and word[0] not in {chosen[0] for chosen in words}:
            words.append(word)
    return words


def _shuffled(rng: Rng, word: str) -> str:
    """The letters in another order."""
    for _ in range(50):
        mixed = "".join(rng.sample(word, len(word)))
        if mixed != word:
            return mixed
    raise ValueError(f"{word!r} has one order only")


MAKERS: dict[str, Callable[[Rng], Puzzle]] = {
    "reverse": reverse,
    "odd_one_out": odd_one_out,
    "count_letter": count_letter,
    "alphabet": alphabet,
    "letter_at": letter_at,
    "anagram": anagram,
    "initials": initials,
    "longest": longest,
}
