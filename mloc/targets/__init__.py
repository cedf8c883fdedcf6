"""What may be said to a target: its closed, versioned table of attributes, and whether a value fits."""
