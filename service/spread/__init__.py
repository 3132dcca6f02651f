"""Jobs spread over worker processes: messages say where to look, tables say what to do."""
