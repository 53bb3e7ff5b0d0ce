"""What the verbs of `%%synthohive` do, one module each."""
