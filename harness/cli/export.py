"""`harness export`: a run's records as a table for a notebook or a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.settings import DEFAULT_RUNS


def export(
    run: Annotated[str, typer.Argument(help="Run folder, id, or start of an id.")],
    csv: Annotated[Path | None, typer.Option(help="Write this CSV file.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write this Parquet file.")] = None,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.")] = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="The paths as one JSON document.")] = False,
) -> None:
    """Write a run's records as a table: one row a completion, one column a metric."""
    from harness.cli.console import print_json
    from harness.core.errors import UserError
    from harness.store.folder import find_run, read_run, read_run_records
    from reports.tables import records_table

    wanted = [path for path in (csv, parquet) if path is not None]
    if not wanted:
        raise UserError("nothing to write", tip="give --csv FILE or --parquet FILE.")
    folder = find_run(run, runs)
    frame = records_table(read_run_records(folder, read_run(folder)))
    try:
        if csv is not None:
            frame.to_csv(csv, index=False)
        if parquet is not None:
            frame.to_parquet(parquet, index=False)
    except OSError as error:
        raise UserError(f"cannot write: {error}") from error
    if json:
        print_json({"written": [str(path) for path in wanted], "rows": len(frame)})
        return
    for path in wanted:
        print(f"wrote {path} ({len(frame)} rows)")
