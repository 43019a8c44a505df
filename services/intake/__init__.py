"""Is it well formed, and may this sender say it? Intake receives declarations and answers their senders."""
