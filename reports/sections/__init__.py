"""The parts of a page, one file each: records in, what the page says out."""
