"""Sources: where documents come from, and what came of looking at each."""
