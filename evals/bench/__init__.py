"""The benchmark: what the service adds on top of bare libraries, measured in one run."""
