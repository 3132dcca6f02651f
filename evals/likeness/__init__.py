"""Pairs of questions: do they ask the same?"""
