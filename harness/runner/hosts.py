"""Several processes that draw one run: who is who, and how they tell each other what they have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from harness.core.errors import UserError
from harness.core.records import Record
from harness.store.journal import Journal, encode_line, latest_by_key, parse_record, read_records

Made = TypeVar("Made")


class Hosts(Protocol):
    """The processes of one run. Every process makes the same calls in the same order."""

    index: int
    """Of this process; process 0 writes the run."""
    count: int

    def gather(self, text: str) -> list[str]:
        """What every process gave, by index; waits for all of them, however long they take."""
        ...

    def to_first(self, text: str) -> list[str]:
        """The same on process 0; the others give and go on, and get nothing."""
        ...


class Alone:
    """One process: the usual case."""

    index = 0
    count = 1

    def gather(self, text: str) -> list[str]:
        """What was given."""
        return [text]

    to_first = gather


ALONE: Hosts = Alone()


def together(hosts: Hosts, action: Callable[[], Made]) -> Made:
    """Do it on every process. Where one fails all of them raise, at the same place: none waits for it in vain."""
    if hosts.count == 1:
        return action()
    failure: Exception | None = None
    try:
        made = action()
    except Exception as error:
        failure = error
    told = [json.loads(text) for text in hosts.gather(json.dumps(_words(failure)))]
    if failure is not None:
        raise failure
    for index, words in enumerate(told):
        if words is not None:
            raise UserError(f"process {index} of {hosts.count} failed: {words[0]}", tip=words[1])
    return made


def from_first(hosts: Hosts, make: Callable[[], str]) -> str:
    """What `make` gives on process 0, the only one that calls it. Where it fails, all raise."""
    made = together(hosts, lambda: make() if hosts.index == 0 else "")
    return hosts.gather(made)[0]


def gather_list(hosts: Hosts, items: list[str]) -> list[list[str]]:
    """The list of every process, by index."""
    return [json.loads(text) for text in hosts.gather(json.dumps(items))]


def check_same(hosts: Hosts, what: str, value: str, tip: str) -> None:
    """Compare a value over all processes of `hosts`. Raises UserError on every one of them unless all have the same.

    `what` names the value in the message ("another {what}"), `tip` says what to mend.
    """
    values = hosts.gather(value)
    for index, other in enumerate(values):
        if other != values[0]:
            raise UserError(f"process {index} of {hosts.count} has another {what} than process 0", tip=tip)


def absorb(journal: Journal, records: Iterable[Record]) -> None:
    """Append what the journal does not have yet. A failure never supersedes a reply."""
    own = latest_by_key(read_records(journal.path))
    replied = {key for key, record in own.items() if is_reply(record)}
    journal.extend(record for record in records if record.key not in replied and own.get(record.key) != record)


def exchange(hosts: Hosts, journal: Journal, held: Callable[[], dict[str, Record]]) -> None:
    """Bring every process's records into process 0's journal; `held` reads what this one finds on its disk.

    Processes that share a disk find each other's journals there, and only the names of records travel.
    """
    if hosts.count == 1:
        return
    hosts.gather("")  # all have drawn
    found = held()
    replied = sorted(key for key, record in found.items() if is_reply(record))
    known = set(gather_list(hosts, replied if hosts.index == 0 else [])[0])
    lines = [encode_line(record) for key, record in found.items() if key not in known and hosts.index]
    given = [parse_record(line) for text in hosts.to_first(json.dumps(lines)) for line in json.loads(text)]
    if hosts.index == 0:
        absorb(journal, newest([found.values(), given]).values())


def is_reply(record: Record) -> bool:
    """Whether it need not be drawn again."""
    return record.completion.finish != "error"


def newest(found: Iterable[Iterable[Record]]) -> dict[str, Record]:
    """One record a key out of several journals: a reply before a failure, else the last one."""
    kept: dict[str, Record] = {}
    for records in found:
        for key, record in latest_by_key(records).items():
            if key not in kept or is_reply(record):
                kept[key] = record
    return kept


def _words(failure: Exception | None) -> tuple[str, str] | None:
    if failure is None:
        return None
    if isinstance(failure, UserError):
        return failure.message, failure.tip
    return f"{type(failure).__name__}: {failure}"[:1000], ""
