"""A Facebook Page: its public side (comments, visitors' posts, mentions, recommendations) and Messenger."""
