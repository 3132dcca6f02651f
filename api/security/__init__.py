"""Who may call: API keys, bearer tokens, browser defences and rate limits."""
