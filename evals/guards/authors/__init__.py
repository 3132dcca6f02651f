"""Texts of authors who had seen nothing of the guards; language, kind, place and text a line."""
