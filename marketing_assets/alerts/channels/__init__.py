"""How each kind of channel is spoken to: one file a kind; `open_channel` picks it."""
