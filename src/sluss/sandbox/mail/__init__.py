"""A whole mail world in one process: mailboxes, an IMAP server and a submission server. In: mails. Out: the same mails, or faults."""
