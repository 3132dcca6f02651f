"""Known attacks and known harmless phrases; language, phrase and perhaps a stage a line."""
