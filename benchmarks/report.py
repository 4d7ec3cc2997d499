"""How long the pages of two runs take to build, the memory that adds, and how fast a browser opens and filters them.

    python benchmarks/report.py BASE CANDIDATE      # two run folders; for example 1,319 questions each

Targets: built in under 2 s and 300 MB, one file under 4 MB, open in under 2 s, filters without a visible pause.
The browser part needs playwright and a Chromium (CHROMIUM names another one) and is left out without them.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import harness

READY = "document.documentElement.dataset.ready === 'true'"


def main() -> None:
    """Print one line a measurement."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    made = harness.compare(*sys.argv[1:], margin=0.02)
    with tempfile.TemporaryDirectory() as name:
        import reports.write  # noqa: F401 - loading it is not what is measured

        before, wall, cpu = _peak_mib(), time.perf_counter(), time.process_time()
        harness.report(made, name)
        print(f"build            {time.perf_counter() - wall:.2f} s wall, {time.process_time() - cpu:.2f} s CPU")
        print(f"peak memory      {_peak_mib():.0f} MiB in all, {_peak_mib() - before:.0f} MiB of it by the report")
        page = Path(name) / "comparison.html"
        n_completions = sum(len(side.records) for side in (made.baseline, made.candidate))
        print(f"file             {page.stat().st_size / 1e6:.2f} MB for {n_completions:,} completions")
        _in_browser(page)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_browser(path: Path) -> None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("browser          left out: playwright is not installed")
        return
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        start = time.perf_counter()
        page.goto(path.as_uri())
        while not page.evaluate(READY):
            time.sleep(0.01)
        print(f"open             {time.perf_counter() - start:.2f} s, {len(asked) - 1} requests beyond the file")
        for name, address in (("filter", "#show=broken"), ("search", "#find=total%20cost"), ("next question", "#q=")):
            print(f"{name:16} {_milliseconds(page, address):.0f} ms until the next frame")
        browser.close()


def _milliseconds(page: object, address: str) -> float:
    """From a change of the address to the frame that shows it."""
    return page.evaluate(  # type: ignore[attr-defined]
        """address => new Promise(resolve => {
            const start = performance.now();
            addEventListener('hashchange', () => requestAnimationFrame(() => setTimeout(
                () => resolve(performance.now() - start))), {once: true});
            location.hash = address;
        })""",
        address,
    )


if __name__ == "__main__":
    main()
