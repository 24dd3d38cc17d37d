"""Networks. In: raw bytes from outside. Out: values of `contract`; one folder per network."""
