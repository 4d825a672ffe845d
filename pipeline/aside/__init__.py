"""What is put aside on disk for as long as a process lives: rows and digests that would be too many for memory."""
