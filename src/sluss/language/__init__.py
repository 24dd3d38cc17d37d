"""Which language somebody writes. In: text. Out: a language code, or nothing."""
