"""Golden sets, metrics, suites and benchmarks."""
