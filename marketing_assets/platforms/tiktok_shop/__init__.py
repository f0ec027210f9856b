"""TikTok Shop: what its webhooks look like. The platform's tables are not declared yet."""
