"""Meta's Graph as far as Sluss speaks with it: pages, Messenger, Instagram, WhatsApp; one door, one signature, one set of errors."""
