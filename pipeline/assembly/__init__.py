"""Settings in, a finished import out: finds the files and the run, reaches the org, joins the stages, closes the books."""
