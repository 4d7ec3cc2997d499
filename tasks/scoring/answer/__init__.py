"""Final answers: where they stand in a reply, what they say, and whether that equals the gold answer."""
