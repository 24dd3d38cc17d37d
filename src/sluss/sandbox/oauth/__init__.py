"""A speaking double of Google's and Microsoft's sign-in. In: consents and renewals. Out: tokens that the mail world takes, or faults."""
