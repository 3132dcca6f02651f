"""Answers a question from documents: retrieve, rerank, write, check every sentence."""
