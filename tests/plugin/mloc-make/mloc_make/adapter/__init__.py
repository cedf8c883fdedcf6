"""What goes into bundles."""
