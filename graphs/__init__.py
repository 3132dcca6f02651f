"""LangGraph workflows, one folder each: state, nodes, graph."""
