"""Tasks, one file or folder each; `tasks.scoring` holds the scorers."""
