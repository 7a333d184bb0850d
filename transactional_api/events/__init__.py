"""What leaves the house without being asked, and what comes in unasked: webhooks out, webhooks in, alerts."""
