"""What steps share."""

SEPARATOR = ", "
