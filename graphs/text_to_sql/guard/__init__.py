"""Lets only statements through that read what the policy shows, and writes them anew.

The text of a caller or a model is never run: it is read into a tree, the tree is judged piece
by piece against lists of what is allowed, and what runs is written from the tree.
"""

from graphs.text_to_sql.guard.judging import judge
from graphs.text_to_sql.guard.verdict import Rule, Verdict

__all__ = ["Rule", "Verdict", "judge"]
