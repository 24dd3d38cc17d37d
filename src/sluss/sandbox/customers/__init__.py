"""Simulated customers and their company, for the demo. In: scripts of what people write. Out: mails to the desk, answers to its answers.

`company` founds Norrsken Air, `history` gives it some days of work done, `life` writes, waits, gets impatient, answers and thanks.
Names and addresses are made up; every address ends in `.example`.
"""
