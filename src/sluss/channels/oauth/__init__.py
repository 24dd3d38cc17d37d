"""Access that a person gives at Google or Microsoft, in place of a password.

In: an administrator's consent at the provider. Out: tokens that are good now, one renewal at a time, or the news that the inbox needs to
be connected again. The hosts are fixed here; nothing that a workspace enters decides where a secret goes.
"""
