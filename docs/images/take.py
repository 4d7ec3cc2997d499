"""Take the three screenshots of the README anew, from the page of two runs; needs playwright, pillow and a Chromium.

    python docs/images/take.py RUNS/sft_lr1e6_prefill/comparison.html

The runs are those of docs/internals/data.md, made by `harness score gemma3_1b_it_outputs/NAME.jsonl --task gsm8k --data
gsm8k/test.jsonl -o format=reasoning-answer-tags -o answer=last-number --prefill '<reasoning>\\n' --scorer step_validity
--out RUNS/NAME` for base_think and sft_lr1e6_prefill, and `harness compare RUNS/base_think RUNS/sft_lr1e6_prefill`.
"""

from __future__ import annotations

import os
import shutil
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
READY = "document.documentElement.dataset.ready === 'true'"
WIDTH = 1180
SCALE = 1.5
LIMIT_BYTES = 200_000
PARTS = {
    "comparison": ("header", "#differences", 960),
    "comparison-losses": ("#table", "#slices", 730),
    "comparison-trace": ("#questions", "#questions", 700),
}
"""Each picture reaches from the top of its first part to the end of its second, or so many CSS pixels."""
QUESTION = "#show=broken&has=invalid"
COLOURS = 240


def main() -> None:
    """Write the pictures and say how large they are."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit(__doc__)
    from PIL import Image
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, device_scale_factor=SCALE)
        for name, ends in PARTS.items():
            page.goto(Path(sys.argv[1]).resolve().as_uri() + (QUESTION if name == "comparison-trace" else ""))
            page.reload()  # an address that changes only behind its # loads nothing anew
            while not page.evaluate(READY):
                page.wait_for_timeout(20)
            page.evaluate("document.querySelector('#slices details').open = true")
            target = FOLDER / f"{name}.png"
            shot = page.screenshot(clip=clip(page, *ends), full_page=True)
            few = Image.open(BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(target, optimize=True)
            size = target.stat().st_size
            print(f"{target.name:24} {size / 1000:.0f} kB{'' if size < LIMIT_BYTES else ', too large'}")
        browser.close()


def clip(page: Any, first: str, last: str, tallest: int) -> dict[str, float]:
    """From the top of one element to the end of another, with a margin."""
    margin = 24
    place = "e => { const r = e.getBoundingClientRect(); return [r.top + scrollY, r.bottom + scrollY]; }"
    top = page.eval_on_selector(first, place)[0] - margin
    bottom = page.eval_on_selector(last, place)[1] + margin
    return {"x": 0, "y": max(top, 0), "width": WIDTH, "height": min(bottom - top, tallest)}


if __name__ == "__main__":
    main()
