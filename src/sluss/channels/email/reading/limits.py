"""How much of a mail is looked at. The numbers are Postfix's where it has one; what is over a limit is kept raw and named in quarantine."""

TOTAL_BYTES = 157_286_400 + 1_048_576
"""The most that an administrator lets come in whole is 150 MB; the slack is for trace headers that a delivery adds."""

HEADER_BYTES = 102_400
HEADER_COUNT = 1_000
VALUE_BYTES = 16_384
"""Longest structured value (addresses, parameters, references) that is taken apart; the rest of it is ignored."""

DEPTH = 100
PARTS = 1_000
WRAPPINGS = 20
"""Signed and wrapped mails that are opened, one inside the other or side by side."""
SCANNED_BYTES = 500_000_000
"""All bytes searched for boundaries: nested multiparts search the same bytes once for each level."""

TEXT_CHARACTERS = 1_000_000
FRESH_CHARACTERS = 100_000
HTML_CHARACTERS = 2_000_000
HTML_READ_CHARACTERS = 500_000
"""How much HTML is turned into text, when there is no text part."""
SUBJECT_CHARACTERS = 998
NAME_CHARACTERS = 200
ADDRESSES = 500
REFERENCES = 50
RECEIPTS = 100
