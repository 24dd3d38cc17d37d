"""Meta's Graph as far as Sluss speaks with it: pages, Messenger, Instagram and WhatsApp, with one door, one signature and one set of errors."""
