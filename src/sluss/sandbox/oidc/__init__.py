"""A speaking double of an OpenID Connect provider. In: browsers that were sent to sign in. Out: codes, ID tokens, or faults on command."""
