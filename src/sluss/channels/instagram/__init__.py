"""A professional Instagram account: its public side (comments, mentions) and its direct messages."""
