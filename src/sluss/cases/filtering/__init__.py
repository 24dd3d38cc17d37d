"""The filter language of cases. In: `is:open tag:vip -assignee:me waiting:>2h (inbox:Rejsy OR lang:pl)`, and what its reader may see.

Out: a tree of terms; from it a condition for the database, an answer about one case in hand, and the text again. `docs/filters.md`.

    tree = read_filter(text, read_names(tx, who)).tree
    condition(tree, Reader(who=who, names=names, now=tx.now, zone="Europe/Stockholm"))
"""
