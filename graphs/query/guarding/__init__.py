"""Guards of a run: what may be asked, what passages may say, what may be answered."""
