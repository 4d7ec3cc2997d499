"""A run or a comparison as Markdown and HTML."""
