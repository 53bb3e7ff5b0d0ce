"""What must not be learnt: rules for personal data, applied before anything is fitted."""
