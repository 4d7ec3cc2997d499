"""How many rows fit: what prefill and decode need, against the memory at hand."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.errors import UserError
from harness.gemma.engine.cache import ring_size
from harness.gemma.engine.sampling import Mode
from harness.gemma.engine.schedule import BATCH_SIZES
from harness.gemma.engine.shape import ModelShape

SHARE_OF_FREE = 0.8
"""Left over for the allocator and for what XLA rounds up."""
SHARE_OF_HOST = 0.5
"""On a CPU other programs need memory too."""
MOST_ROWS_CPU = 64
"""Beyond this a CPU is bound by arithmetic and more rows only waste steps."""
LOGIT_COPIES: dict[Mode, int] = {"greedy": 2, "temperature": 5, "truncated": 7}
"""Arrays of the logits' size that XLA holds at once; a test compares with what it allocates."""
GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFit:
    """Bytes per device, besides the weights."""

    n_rows: int
    """Rows on one device."""
    span: int
    """Tokens a row may hold behind the prefix."""
    rows_bytes: int
    """Keys and values of all rows, twice: a resize holds the old and the new."""
    prefix_bytes: int
    prefill_bytes: int
    """Peak of reading one pack: scores, activations, and two packs that wait."""
    decode_bytes: int
    """Peak of one step: logits with their noise, scores, activations."""
    free_bytes: int
    """What the device had left."""

    @property
    def total_bytes(self) -> int:
        """Most that generation adds at any time."""
        return self.rows_bytes + self.prefix_bytes + max(self.prefill_bytes, self.decode_bytes)

    def describe(self) -> str:
        """One line for people."""
        parts = {
            "rows": self.rows_bytes,
            "prefix": self.prefix_bytes,
            "prefill peak": self.prefill_bytes,
            "decode peak": self.decode_bytes,
        }
        listed = ", ".join(f"{name} {size / GIB:.2f}" for name, size in parts.items())
        return (
            f"{self.n_rows} rows x {self.span} tokens a device: {listed}; "
            f"at most {self.total_bytes / GIB:.2f} of {self.free_bytes / GIB:.2f} GiB free"
        )


def fit_memory(
    shape: ModelShape,
    *,
    item_bytes: int,
    prefix: int,
    span: int,
    pack_tokens: int,
    free_bytes: int,
    most_rows: int,
    mode: Mode = "truncated",
    max_steps: int = 16,
    fixed_rows: int | None = None,
) -> MemoryFit:
    """The largest compiled batch that fits `free_bytes` of one device, or what `fixed_rows` take.

    `shape` is the model's, with `item_bytes` bytes a number. `prefix` tokens are shared, each row may hold `span`
    tokens behind them, and a pack reads `pack_tokens` tokens at once. At most `most_rows` rows are tried; `mode` and
    `max_steps` are those of the decode block. Raises UserError when not even one row fits.
    """

    def fit(n_rows: int) -> MemoryFit:
        return MemoryFit(
            n_rows=n_rows,
            span=span,
            rows_bytes=2 * n_rows * row_bytes(shape, span, item_bytes),
            prefix_bytes=2 * prefix_bytes(shape, prefix, item_bytes),
            prefill_bytes=prefill_bytes(shape, prefix, pack_tokens, item_bytes),
            decode_bytes=decode_bytes(shape, n_rows, prefix + span, item_bytes, mode, max_steps),
            free_bytes=free_bytes,
        )

    if fixed_rows is not None:
        return fit(fixed_rows)
    fits = [fit(size) for size in BATCH_SIZES if size <= max(most_rows, 1)]
    fitting = [candidate for candidate in fits if candidate.total_bytes <= SHARE_OF_FREE * free_bytes]
    if not fitting:
        raise UserError(
            f"one row of {span} tokens does not fit in memory ({fits[0].describe()})",
            tip="lower max_new_tokens or max_length, or use dtype=bfloat16.",
        )
    return fitting[-1]


def row_bytes(shape: ModelShape, span: int, item_bytes: int) -> int:
    """Keys and values of one row."""
    slots = sum(ring_size(layer, span) for layer in shape.layers)
    return 2 * slots * shape.kv_heads * shape.head_dim * item_bytes


def prefix_bytes(shape: ModelShape, prefix: int, item_bytes: int) -> int:
    """Keys and values of the shared prefix."""
    return 2 * len(shape.layers) * prefix * shape.kv_heads * shape.head_dim * item_bytes


def prefill_bytes(shape: ModelShape, prefix: int, pack_tokens: int, item_bytes: int) -> int:
    """Bytes of reading one pack: float32 scores and their softmax, the feed-forward's two products, and two waiting
    packs.

    The pack holds `pack_tokens` tokens behind a prefix of `prefix` tokens, in a model of this `shape` with `item_bytes`
    bytes a number.
    """
    scores = 3 * shape.heads * pack_tokens * (prefix + pack_tokens) * 4
    activations = pack_tokens * (3 * shape.hidden + 6 * shape.embed) * item_bytes
    return scores + activations + 3 * prefix_bytes(shape, pack_tokens, item_bytes)


def decode_bytes(
    shape: ModelShape, n_rows: int, keys: int, item_bytes: int, mode: Mode = "truncated", max_steps: int = 16
) -> int:
    """Bytes of one block: float32 logits and what sampling makes of them (by `mode`), one layer's scores, activations,
    and the block's own keys and values, which are written and read in turn.

    `n_rows` rows look at `keys` tokens each and take up to `max_steps` steps, in a model of this `shape` with
    `item_bytes` bytes a number.
    """
    logits = LOGIT_COPIES[mode] * n_rows * shape.vocabulary * 4
    scores = 3 * n_rows * shape.heads * keys * 4
    activations = n_rows * (3 * shape.hidden + 6 * shape.embed) * item_bytes
    fresh = 4 * n_rows * len(shape.layers) * max_steps * shape.kv_heads * shape.head_dim * item_bytes
    return logits + scores + activations + fresh


def free_memory() -> int:
    """Bytes that a device has left; of a CPU, half of what the machine has available."""
    import jax

    stats = jax.local_devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return int(stats["bytes_limit"] - stats.get("bytes_in_use", 0))
    return int(_host_available() * SHARE_OF_HOST)


def _host_available() -> int:
    """MemAvailable where the system tells, else 4 GiB."""
    from pathlib import Path

    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 4 * GIB
