"""Macros: several deeds under one name. In: steps that leads and agents keep. Out: a case that went through them, and one way back."""
