"""The stages of the river: reader, chunker, sender, reconciler, reporter. They don't know each other."""
