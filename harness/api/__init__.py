"""The front door, one file a verb: names or objects in, records out; nothing is printed."""
