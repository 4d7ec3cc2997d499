"""The front door, one file a verb: names or objects in, records out; nothing is printed.

`harness.evaluate` is the function of that name in `harness/api/evaluate.py`; `harness/core/door.py` has the table.
"""
