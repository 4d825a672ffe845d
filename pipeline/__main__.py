"""`python -m pipeline` is the command `treeload`."""

from pipeline.cli import main

main()
