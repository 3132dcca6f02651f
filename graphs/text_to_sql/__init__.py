"""Answers a question from a team's own database, with SQL that cannot hurt."""
