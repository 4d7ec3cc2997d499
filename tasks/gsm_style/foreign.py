"""The one variant that is safe for questions made elsewhere: an irrelevant sentence in front."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.core.records import Doc
from tasks.gsm_style.distractors import ABOUT_NOBODY
from tasks.gsm_style.rng import Rng

_REFERS_BACK = re.compile(r"(?:he|she|it|they|this|that|these|those|his|her|its|their|then|there)\b", re.IGNORECASE)


def variants_of(doc: Doc, seed: int = 0) -> tuple[Doc, ...]:
    """The doc itself and the doc with a distractor, or nothing where no sentence is safe.

    The sentence shares no longer word with the question and stands in front, where no pronoun can come to mean it.
    Other names or numbers would need the question to be understood, so they are left to templates.
    """
    if not isinstance(doc.question, str) or _REFERS_BACK.match(doc.question.strip()):
        return ()
    known = _long_words(doc.question)
    fitting = [text for text in ABOUT_NOBODY if not _long_words(text) & known]
    if not fitting:
        return ()
    rng = Rng.named(seed, doc.id, "distractor")
    sentence = rng.pick(fitting).format(n=6 + rng.below(42))
    made = {"none": doc.question, "distractor": f"{sentence} {doc.question}"}
    return tuple(_named(doc, variant, question) for variant, question in made.items())


def _named(doc: Doc, variant: str, question: str) -> Doc:
    return replace(
        doc,
        id=doc.id if variant == "none" else f"{doc.id}+{variant}",
        question=question,
        cluster=doc.cluster or doc.id,
        metadata={**doc.metadata, "variant": variant, "seed_id": doc.id},
    )


def _long_words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z]{4,}", text.lower())}
