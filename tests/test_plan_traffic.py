"""What a compiled program moves, read off its text: loops, fusions that touch parts of an array, and real programs."""

from __future__ import annotations

import pytest

from harness.hardware import traffic
from harness.hardware.hlo import computations, runs_of

PROGRAM = """HloModule jit_step

%add (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  %b = f32[] parameter(1)
  ROOT %sum = f32[] add(%a, %b)
}

%body (carried: (s32[], f32[256])) -> (s32[], f32[256]) {
  %carried = (s32[], f32[256]) parameter(0)
  %i = s32[] get-tuple-element(%carried), index=0
  %x = f32[256]{0:T(256)} get-tuple-element(%carried), index=1
  %y = f32[256]{0:T(256)} all-reduce(%x), replica_groups={{0,1,2,3}}, to_apply=%add
  ROOT %out = (s32[], f32[256]) tuple(%i, %y)
}

%condition (carried.1: (s32[], f32[256])) -> pred[] {
  %bound = s32[]{:T(128)} constant(5)
  %carried.1 = (s32[], f32[256]) parameter(0)
  %i.1 = s32[] get-tuple-element(%carried.1), index=0
  ROOT %less = pred[]{:T(512)} compare(%i.1, %bound), direction=LT
}

ENTRY %main (p: f32[64], q: (s32[], f32[256])) -> f32[256] {
  %p = f32[64] parameter(0)
  %q = (s32[], f32[256]) parameter(1)
  %gathered = f32[256]{0} all-gather(%p), replica_groups=[1,4]<=[4], dimensions={0}
  %sent = (f32[64], f32[64], u32[]) collective-permute-start(%p), source_target_pairs={{0,1},{1,0}}
  %loop = (s32[], f32[256]) while(%q), condition=%condition, body=%body
  ROOT %last = f32[256] get-tuple-element(%loop), index=1
}
"""


def test_a_loop_moves_as_often_as_it_runs():
    found = traffic.moved(PROGRAM)
    assert found.network["all-reduce"] == 5 * 2 * 1024 * 3 / 4
    assert found.network["all-gather"] == 1024 * 3 / 4
    assert found.network["collective-permute"] == (256 + 256 + 4) / 2
    assert found.repeated == 4 * (2 * 1024 + 9)  # sum and comparison; what only renames costs nothing


def test_a_written_trip_count_is_taken():
    noted = PROGRAM.replace("body=%body", 'body=%body, backend_config={"known_trip_count":{"n":"7"}}')
    assert traffic.moved(noted).network["all-reduce"] == 7 * 2 * 1024 * 3 / 4


def test_a_loop_that_depends_on_data_counts_once():
    open_ended = PROGRAM.replace("direction=LT", "direction=NE")
    assert traffic.moved(open_ended).network["all-reduce"] == 2 * 1024 * 3 / 4
    found = traffic.moved(open_ended)
    assert found.repeated == 0
    assert found.open_pass == 2 * 1024 + 9
    assert traffic.moved(PROGRAM).open_pass == 0


SCATTERED = """HloModule jit_step

%all-reduce-scatter (input: bf16[64,8]) -> bf16[8,8] {
  %input = bf16[64,8]{1,0:T(8,128)(2,1)} parameter(0)
  %summed = bf16[64,8]{1,0:T(8,128)(2,1)} all-reduce(%input), replica_groups={{0,1,2,3,4,5,6,7}}, to_apply=%add
  %id = u32[] partition-id()
  %zero = u32[] constant(0)
  ROOT %own = bf16[8,8]{1,0:T(8,128)(2,1)} dynamic-slice(%summed, %id, %zero), dynamic_slice_sizes={8,8}
}

ENTRY %main (p: bf16[64,8]) -> bf16[8,8] {
  %p = bf16[64,8]{1,0:T(8,128)(2,1)} parameter(0)
  ROOT %f = bf16[8,8]{1,0:T(8,128)(2,1)} fusion(%p), kind=kCustom, calls=%all-reduce-scatter
}
"""


def test_an_all_reduce_of_which_a_fusion_keeps_its_slice_is_a_reduce_scatter():
    assert traffic.moved(SCATTERED).network == {"reduce-scatter": 7 / 8 * 64 * 8 * 2}
    plain = SCATTERED.replace("dynamic-slice(%summed", "dynamic-slice(%input")
    assert traffic.moved(plain).network == {"all-reduce": 2 * 7 / 8 * 64 * 8 * 2}


FUSED = """HloModule jit_step

%rename (inner: f32[1000,8]) -> f32[8000] {
  %inner = f32[1000,8] parameter(0)
  ROOT %flat = f32[8000] bitcast(%inner)
}

%touch (table: f32[1000,8], rows: s32[4], ring: f32[64,8], new: f32[1,8], at: s32[], all: f32[1000,8]) -> result {
  %table = f32[1000,8] parameter(0)
  %rows = s32[4] parameter(1)
  %ring = f32[64,8] parameter(2)
  %new = f32[1,8] parameter(3)
  %at = s32[] parameter(4)
  %all = f32[1000,8] parameter(5)
  %found = f32[4,8] gather(%table, %rows), slice_sizes={1,8}
  %laid = f32[64,8] dynamic-update-slice(%ring, %new, %at, %at)
  %flat.1 = f32[8000] fusion(%all), kind=kLoop, calls=%rename
  %total = f32[] reduce(%flat.1, %at), to_apply=%add
  ROOT %out = (f32[4,8], f32[64,8], f32[]) tuple(%found, %laid, %total)
}

ENTRY %main (given: all) -> result {
  %a = f32[1000,8] parameter(0)
  %b = s32[4] parameter(1)
  %c = f32[64,8] parameter(2)
  %d = f32[1,8]{1,0:T(8,128)S(1)} parameter(3)
  %e = s32[] parameter(4)
  %f = f32[1000,8] parameter(5)
  ROOT %t = (f32[4,8], f32[64,8], f32[]) fusion(%a, %b, %c, %d, %e, /*index=5*/%f), kind=kLoop, calls=%touch
}
"""


def test_a_fusion_moves_the_parts_that_it_touches_and_nothing_that_lies_in_the_core():
    program = computations(FUSED)
    looked_up, summed, indices, laid = 4 * 8 * 4, 1000 * 8 * 4, 4 * 4 + 4, 8 * 4
    # The looked-up rows are read and written; the new row is read from the core and written to the ring.
    assert traffic._body_bytes(program["main"], program) == 2 * looked_up + indices + laid + summed + 4


def test_what_is_counted_agrees_with_the_compiler():
    jax = pytest.importorskip("jax", reason="needs the gemma extra")
    jnp = jax.numpy

    def step(table, states, weights, ring, at):
        hidden = jnp.tanh(states @ weights)
        ring = jax.lax.dynamic_update_slice_in_dim(ring, hidden[None], at, 0)
        return ring, jnp.max(hidden @ table.T, axis=-1)

    shapes = [((4096, 64), "f4"), ((32, 64), "f4"), ((64, 64), "f4"), ((128, 32, 64), "f4"), ((), "i4")]
    given = [jax.ShapeDtypeStruct(shape, kind) for shape, kind in shapes]
    compiled = jax.jit(step, donate_argnums=3).lower(*given).compile()
    program = computations(compiled.as_text())
    inside = runs_of(program)[1]
    counted = sum(traffic._body_bytes(lines, program) for name, lines in program.items() if name not in inside)
    assert counted == pytest.approx(compiled.cost_analysis()["bytes accessed"], rel=0.02)
