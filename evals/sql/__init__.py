"""Measures answers from databases: is the query's result that of the gold query?"""
