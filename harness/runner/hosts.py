"""Several processes that draw one run: who is who, and how they tell each other what they have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Protocol

from harness.core.records import Record
from harness.store.journal import Journal, encode_line, latest_by_key, parse_record, read_records


class Hosts(Protocol):
    """The processes of one run. Every process makes the same calls in the same order."""

    index: int
    """Of this process; process 0 writes the run."""
    count: int

    def gather(self, text: str) -> list[str]:
        """What every process gave, by index; waits for all of them, however long they take."""
        ...


class Alone:
    """One process: the usual case."""

    index = 0
    count = 1

    def gather(self, text: str) -> list[str]:
        """What was given."""
        return [text]


ALONE: Hosts = Alone()


def from_first(hosts: Hosts, make: Callable[[], str]) -> str:
    """What `make` gives on process 0, the only one that calls it."""
    return hosts.gather(make() if hosts.index == 0 else "")[0]


def gather_list(hosts: Hosts, items: list[str]) -> list[list[str]]:
    """The list of every process, by index."""
    return [json.loads(text) for text in hosts.gather(json.dumps(items))]


def absorb(journal: Journal, records: Iterable[Record]) -> None:
    """Append what the journal has no whole reply to yet. A failure never supersedes a reply."""
    own = latest_by_key(read_records(journal.path))
    replied = {key for key, record in own.items() if record.completion.finish != "error"}
    failed_first = sorted(records, key=lambda record: record.completion.finish != "error")
    journal.extend(record for record in failed_first if record.key not in replied)


def exchange(hosts: Hosts, journal: Journal, known: set[str]) -> None:
    """Give process 0, which began with the records `known`, what the others have; it ends with every record."""
    if hosts.count == 1:
        return
    mine = [] if hosts.index == 0 else list(latest_by_key(read_records(journal.path)).values())
    lines = gather_list(hosts, [encode_line(record) for record in mine if record.key not in known])
    if hosts.index == 0:
        absorb(journal, [parse_record(line) for given in lines for line in given])
