"""Files from outside: what is registered, where it lies, and how it gets here."""
