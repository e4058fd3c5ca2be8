"""Files, threads, CPUs, memory and progress bars."""
