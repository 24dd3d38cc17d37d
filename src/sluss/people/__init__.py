"""Agents, teams and how they prove who they are. In: sign-in, invitations. Out: actors with their reach, and the access functions."""
