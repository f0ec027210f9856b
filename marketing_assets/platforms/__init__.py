"""How to talk to each platform: one folder a platform, one transport for all."""
