"""E-mail. In: raw RFC 5322 by IMAP, LMTP/SMTP or a signed POST. Out: `Inbound` and `Receipt` values, and mails handed to an SMTP server."""
