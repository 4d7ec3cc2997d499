"""How records show themselves in a notebook: text, HTML, tables and pictures of a run, a comparison, several runs."""
