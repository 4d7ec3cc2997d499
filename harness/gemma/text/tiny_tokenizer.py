"""A small tokenizer with Gemma 3's special ids, as a sentencepiece model and as the equivalent tokenizer.json."""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import Any

_TRAINED_PIECES = 800
_UNUSED = 5  # SentencePiece.Type in sentencepiece_model.proto
_SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>")
_NEWLINES = ("\n", "\n\n", "\n\n\n")
# Gemma 3: <mask> is 4, 5 to 104 are unused, <start_of_turn> is 105, <end_of_turn> is 106, newlines follow.
_USER_DEFINED = ("<mask>", *(f"<unused{i}>" for i in range(100)), "<start_of_turn>", "<end_of_turn>", *_NEWLINES)

_NAMES = ("Natalia", "Weng", "Betty", "Julie", "James", "Mark", "Albert", "Ken", "Alexis", "Tina")
_THINGS = ("clips", "apples", "eggs", "pages", "letters", "flowers", "marbles", "cookies", "pencils", "dollars")
_FORMS = (
    "{0} has {2} {1} and buys {3} more. How many {1} does {0} have altogether?",
    "If {0} sells {2} {1} for ${3} each, how much money does she make in total?",
    "Each of the {2} boxes holds {3} {1}, so there are {2} * {3} = {4} {1}.",
    "First, {0} gave away half of the {2} {1}. Then there were {2} / 2 = {3} {1} left.",
    "Step by step: start with {2}, subtract {3}, and the remaining number is the answer.",
    "Question: {0} reads {2} {1} every day for {3} weeks.\tReasoning: {2} + {3} = {4}.\tAnswer: {4}",
    "The user asks {0} about {1} and the model replies: {4}.",
    "<reasoning> {2} - {3} = {4} </reasoning> <answer> {4} </answer> The final answer is {4}.",
)


@lru_cache(maxsize=4)
def sentencepiece_model(vocabulary: int) -> bytes:
    """A serialized sentencepiece BPE model with `vocabulary` pieces, the last ones unused. Raises ValueError for fewer
    than it has.
    """
    proto = _parsed(train_sentencepiece(_sentences(), _TRAINED_PIECES))
    if vocabulary < len(proto.pieces):
        raise ValueError(f"vocabulary={vocabulary}; this tokenizer has {len(proto.pieces)} pieces")
    for i in range(vocabulary - len(proto.pieces)):
        proto.pieces.add(piece=f"<unused{100 + i}>", score=-1e6, type=_UNUSED)
    return bytes(proto.SerializeToString())


@lru_cache(maxsize=4)
def tokenizer_json(vocabulary: int) -> str:
    """The same tokenizer for the `tokenizers` library."""
    return as_tokenizer_json(sentencepiece_model(vocabulary))


def as_tokenizer_json(model: bytes) -> str:
    """A serialized sentencepiece BPE model for the `tokenizers` library, built as Gemma's is: spaces become ▁, other
    text is bytes."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

    proto = _parsed(model)
    vocab = {piece.piece: i for i, piece in enumerate(proto.pieces)}
    made = Tokenizer(
        models.BPE(vocab=vocab, merges=_merges(proto), unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    made.normalizer = normalizers.Replace(" ", "▁")
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in _SPECIAL])
    made.add_tokens(
        [AddedToken(name, special=False, normalized=False) for name in _USER_DEFINED if name not in _SPECIAL]
    )
    return made.to_str()


def _parsed(model: bytes) -> Any:
    from sentencepiece import sentencepiece_model_pb2

    messages: Any = sentencepiece_model_pb2  # generated code: its names appear at run time
    proto = messages.ModelProto()
    proto.ParseFromString(model)
    return proto


def train_sentencepiece(sentences: Iterable[str], pieces: int) -> bytes:
    """A serialized BPE model of `pieces` pieces with Gemma 3's special ids; digits are split, the rest are bytes."""
    from sentencepiece import SentencePieceTrainer

    written = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=written,
        model_type="bpe",
        vocab_size=pieces,
        pad_id=0,
        eos_id=1,
        bos_id=2,
        unk_id=3,
        pad_piece="<pad>",
        eos_piece="<eos>",
        bos_piece="<bos>",
        user_defined_symbols=list(_USER_DEFINED),
        byte_fallback=True,
        split_digits=True,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        character_coverage=1.0,
        num_threads=1,
        minloglevel=2,
    )
    return written.getvalue()


def _sentences() -> list[str]:
    cases = product(_FORMS, _NAMES, _THINGS)
    return [form.format(name, thing, i % 97, i % 31, i % 89) for i, (form, name, thing) in enumerate(cases)]


def _merges(proto: Any) -> list[tuple[str, str]]:
    """Every way to put an ordinary piece together from two others, in the order in which the pieces were learnt."""
    normal = _normal_pieces(proto)
    known = dict(normal)
    learnt = sorted((item for item in normal if len(item[0]) > 1), key=lambda item: -item[1])
    return [
        (piece[:cut], piece[cut:])
        for piece, _ in learnt
        for cut in range(1, len(piece))
        if piece[:cut] in known and piece[cut:] in known
    ]


def _normal_pieces(proto: Any) -> list[tuple[str, float]]:
    """(piece, score) of the pieces that text is made of."""
    return [(piece.piece, piece.score) for piece in proto.pieces if piece.type == piece.NORMAL]
