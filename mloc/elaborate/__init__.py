"""Syntax tree to IR: every name resolved and every type checked while the IR is built (docs/decisions/0004-elaboration.md)."""
