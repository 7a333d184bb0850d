"""Who may call: API keys, each of one tenant, and the session of the dashboard."""
