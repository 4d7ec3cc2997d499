"""How records show themselves in a notebook: by views named as strings, so that none is loaded before it is used."""

from __future__ import annotations

from typing import Any, ClassVar

from harness.core.late import load


class Shown:
    """Mixed into the records that verbs return: HTML for a notebook, a table, a picture."""

    __slots__ = ()

    VIEWS: ClassVar[str] = ""
    """`module` with the functions that show this kind of record: `as_html`, `frame`, `picture`."""

    def _repr_html_(self) -> str:
        return str(load(f"{self.VIEWS}:as_html")(self))

    def to_frame(self, what: str = "") -> Any:
        """A pandas table of one part of this record; without `what`, of its main one.

        Raises UserError, with the parts that there are, for another name.
        """
        return load(f"{self.VIEWS}:frame")(self, what)

    def plot(self, what: str = "") -> Any:
        """A picture that shows itself in a notebook and writes itself with `.save(path)`.

        Raises UserError, with the pictures that there are, for another name.
        """
        return load(f"{self.VIEWS}:picture")(self, what)
