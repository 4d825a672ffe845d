"""Where files are: their bytes, wherever they lie, or one line that says why not."""
