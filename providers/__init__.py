"""Plugin providers: every outside system sits behind one of the protocols here."""
