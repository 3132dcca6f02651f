"""Every call of a chat model: which model, how long, how often, for how much."""
