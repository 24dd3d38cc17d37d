"""The customer, beside a case and on a page of their own. In: what is known of a contact. Out: the panel, the pages, and their forms."""
